import * as encoding from "lib0/encoding";
import { describe, expect, test } from "vitest";
import { BoundedReader } from "./bounded-reader.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

function written(write: (encoder: encoding.Encoder) => void): BoundedReader {
  const encoder = encoding.createEncoder();
  write(encoder);
  return new BoundedReader(encoding.toUint8Array(encoder));
}

describe("numbers", () => {
  const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER];

  test.each(numbers)("%d is read as lib0 writes it, unsigned and signed", (number) => {
    const reader = written((encoder) => {
      encoding.writeVarUint(encoder, number);
      encoding.writeVarInt(encoder, number);
      encoding.writeVarInt(encoder, -number);
    });
    expect([reader.varUint(), reader.varInt(), reader.varInt()]).toEqual([number, number, -number]);
    reader.end();
    expect(reader.problem).toBeNull();
  });

  test.each([
    { name: "2^53", bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10] },
    { name: "nine bytes", bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1] },
    { name: "a longer spelling than needed", bytes: [0x81, 0] },
  ])("$name is refused", ({ bytes }) => {
    const reader = new BoundedReader(Uint8Array.from(bytes));
    expect(reader.varUint()).toBe(0);
    expect(reader.problem).toBe("bad-varint");
  });

  test("a count that the bytes left cannot hold is refused, one that they just hold is not", () => {
    expect(new BoundedReader(Uint8Array.of(2, 0, 0, 0, 0)).count(2)).toBe(2);
    const reader = new BoundedReader(Uint8Array.of(3, 0, 0, 0, 0));
    expect(reader.count(2)).toBe(0);
    expect(reader.problem).toBe("count-beyond-bytes");
  });
});

describe("strings and bytes", () => {
  test.each(["", "plain", "Ünïcödé", "日本語", "😀👩‍👩‍👧‍👦", "\ufeffbom", "\u0000"])(
    "%j is read as written",
    (text) => {
      const write = (encoder: encoding.Encoder): void => encoding.writeVarString(encoder, text);
      expect(written(write).varString()).toBe(text);
      expect(written(write).skipVarString()).toBe(text.length);
    },
  );

  test(`UTF-8 is judged as a strict decoder judges it, over 50,000 random byte strings (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const leads = [
      0x41, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0x8f, 0x90, 0x9f, 0xa0,
    ];
    for (let sample = 0; sample < 50_000; sample++) {
      const bytes = Uint8Array.from({ length: 1 + random.below(5) }, () => random.pick(leads));
      const reader = written((encoder) => encoding.writeVarUint8Array(encoder, bytes));
      const units = reader.skipVarString();
      let expected: number | null = null;
      try {
        expected = decoder.decode(bytes).length;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
      expect(reader.ok ? units : null).toBe(expected);
    }
  });

  test("a length beyond the end, and one beyond the bound", () => {
    const beyondEnd = new BoundedReader(Uint8Array.of(5, 1, 2));
    expect(beyondEnd.varBytes()).toEqual(new Uint8Array(0));
    expect(beyondEnd.problem).toBe("unexpected-end");
    const beyondBound = new BoundedReader(Uint8Array.of(2, 65, 66));
    expect(beyondBound.varString(1)).toBe("");
    expect(beyondBound.problem).toBe("string-too-long");
  });
});

describe("problems", () => {
  test("the first problem sticks, and every later read is empty", () => {
    const reader = new BoundedReader(Uint8Array.of(1, 2, 3));
    expect(reader.uint8()).toBe(1);
    reader.fail("first");
    reader.fail("second");
    expect([reader.uint8(), reader.varUint(), reader.varInt(), reader.count(1)]).toEqual([0, 0, 0, 0]);
    expect([reader.varString(), reader.varBytes().length, reader.skipVarString()]).toEqual(["", 0, 0]);
    expect([reader.ok, reader.problem, reader.remaining]).toEqual([false, "first", 0]);
  });

  test("bytes after the end are a problem, none are not", () => {
    const reader = new BoundedReader(Uint8Array.of(1, 2));
    reader.uint8();
    reader.end();
    expect(reader.problem).toBe("trailing-bytes");
  });

  test("a __proto__ key is refused, a key that ends so is not", () => {
    const key = (text: string): string | null => {
      const reader = written((encoder) => encoding.writeVarString(encoder, text));
      reader.skipKey();
      return reader.problem;
    };
    expect([key("__proto__"), key("\t__proto__"), key("__proto_"), key("constructor")]).toEqual([
      "forbidden-key",
      null,
      null,
      null,
    ]);
  });
});
