import { expect, test } from "vitest";
import { Splitter } from "./splitter.ts";

const bodies = ["", "a", "b".repeat(127), "c".repeat(128), "d".repeat(20_000)];

/** A packet of type 3 with a body of the given text. */
function packet(body: string): Buffer {
  const size: number[] = [];
  let rest = body.length;
  do {
    size.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([0x30, ...size]), Buffer.from(body)]);
}

function split(splitter: Splitter, chunks: readonly Buffer[]): readonly string[] {
  return chunks.flatMap((chunk) =>
    [...splitter.push(chunk)].map((found) => (found.ok ? found.packet.toString("latin1") : found.problem)),
  );
}

test.each([1, 2, 3, 100, 70_000])("packets come out whole however they are cut: pieces of %i bytes", (size) => {
  const all = Buffer.concat(bodies.map(packet));
  const chunks: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
  expect(split(new Splitter(1 << 20), chunks)).toEqual(bodies.map((body) => packet(body).toString("latin1")));
});

test("packets that were given out stay as they are when more comes", () => {
  const splitter = new Splitter(100);
  const first = packet("first");
  const [kept] = [...splitter.push(first.subarray(0, 3))];
  expect(kept).toBeUndefined();
  const [found] = [...splitter.push(Buffer.concat([first.subarray(3), packet("second").subarray(0, 4)]))];
  expect(split(splitter, [packet("second").subarray(4)])).toEqual([packet("second").toString("latin1")]);
  expect(found?.ok === true && found.packet.equals(first)).toBe(true);
});

test.each([
  [[0x30, 0xff, 0xff, 0xff, 0xff, 1], "malformed"],
  [[0x30, 100], "too-large"],
  [[0x30, 0x80, 0x80, 1], "too-large"],
])("%j is %s", (bytes, problem) => {
  expect(split(new Splitter(100), [Buffer.from(bytes)])).toEqual([problem]);
});

test("what another splitter goes on with is the part that is left", () => {
  const whole = packet("0123456789");
  const first = new Splitter(100);
  expect(split(first, [whole.subarray(0, 5)])).toEqual([]);
  expect(split(new Splitter(100), [first.take(), whole.subarray(5)])).toEqual([whole.toString("latin1")]);
});
