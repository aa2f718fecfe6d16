import { describe, expect, test } from "vitest";
import { parseJson, scanJson } from "./json-depth.ts";
import { mutated } from "./testing/mutation.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const seed = Number(process.env["SEED"] ?? 20261121);
const encoder = new TextEncoder();
const limits = { bytesMax: 10_000, depthMax: 3 };

function parsed(text: string): unknown {
  return parseJson(encoder.encode(text), limits);
}

describe("bounded JSON", () => {
  test.each([
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "12.5e-3",
    "1E+9",
    '""',
    '"\\u00e9\\n\\"😀"',
    "[]",
    " [ 1 , [ [ ] ] ] ",
    "{}",
    '{"a":{"b":[null]},"":1}',
    '"\ud83d\ude00"',
  ])("%s is parsed", (text) => {
    expect(parsed(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test.each([
    "",
    " ",
    "01",
    "1.",
    ".5",
    "-",
    "1e",
    "+1",
    "NaN",
    "undefined",
    "tru",
    "nulll",
    "'a'",
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\n"',
    "[1,]",
    "[,1]",
    "[1 2]",
    "[",
    "]",
    "{",
    '{"a"}',
    '{"a":}',
    "{a:1}",
    '{"a":1,}',
    "{1:2}",
    "1 2",
    "\ufeff1",
    "[}",
  ])("%j is refused", (text) => {
    expect(parsed(text)).toEqual({ ok: false, problem: "bad-json" });
  });

  test("depth: N passes, N + 1 does not, and 10,000 costs no stack", () => {
    expect(parsed("[[[]]]")).toEqual({ ok: true, value: [[[]]] });
    expect(parsed('[[{"a":[]}]]')).toEqual({ ok: false, problem: "json-too-deep" });
    expect(scanJson(encoder.encode("[".repeat(10_000)), 64)).toBe("json-too-deep");
  });

  test("size: N passes, N + 1 does not", () => {
    expect(parseJson(encoder.encode("[1]"), { bytesMax: 3, depthMax: 1 }).ok).toBe(true);
    expect(parseJson(encoder.encode("[1] "), { bytesMax: 3, depthMax: 1 })).toEqual({
      ok: false,
      problem: "json-too-large",
    });
  });

  test.each([
    '{"__proto__":1}',
    '[{"a":{"__proto__":{}}}]',
    '{"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":1}',
  ])("%s is refused", (text) => expect(parsed(text)).toEqual({ ok: false, problem: "forbidden-key" }));

  test("__proto__ as a value is a word like any other", () => {
    expect(parsed('{"a":"__proto__"}')).toEqual({ ok: true, value: { a: "__proto__" } });
  });

  test("bytes that are not UTF-8 are refused", () => {
    expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22), limits)).toEqual({ ok: false, problem: "string-not-utf8" });
  });

  test(`agrees with JSON.parse on 50,000 damaged texts (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const texts = ['{"a":[1,-2.5e3,true,null],"b":{"c":"x\\u00e9\\n"}}', '[0,"\\"",[],{}]', "-12.5E+3", '"text"'].map(
      (text) => encoder.encode(text),
    );
    let accepted = 0;
    for (let sample = 0; sample < 50_000; sample++) {
      // ASCII only: what is not UTF-8 is refused before the grammar is looked at.
      const bytes = mutated(random, random.pick(texts), random.pick(texts)).map((byte) => byte & 0x7f);
      let valid = true;
      try {
        JSON.parse(new TextDecoder().decode(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        valid = false;
      }
      expect(scanJson(bytes, 64) === null).toBe(valid);
      if (valid) accepted++;
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});
