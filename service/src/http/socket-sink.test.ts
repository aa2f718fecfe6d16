import { expect, test } from "vitest";
import type { Frame } from "../core/ports.ts";
import { Batcher, frameHeader } from "./socket-sink.ts";

function frame(bytes: number, head?: Uint8Array): Frame {
  return { head, body: Buffer.alloc(bytes, 97), binary: false };
}

test.each([
  [0, "8100"],
  [125, "817d"],
  [126, "817e007e"],
  [65_535, "817effff"],
  [65_536, "817f0000000000010000"],
])("the header of a text frame of %d bytes", (bytes, header) => {
  expect(frameHeader(bytes, false).toString("hex")).toBe(header);
});

test("the same batch for the next member is the same buffer", () => {
  const batcher = new Batcher();
  const shared = [frame(3), frame(200, Buffer.from("{"))];
  const first = batcher.join([...shared]);
  expect(first?.toString("latin1")).toBe(`\x81\x03aaa\x81\x7e\x00\xc9{${"a".repeat(200)}`);
  expect(batcher.join([...shared])).toBe(first);
  expect(batcher.join([frame(3), frame(200)])).not.toBe(first);
});

test("a large batch is not copied into one buffer", () => {
  expect(new Batcher().join([frame(70_000)])).toBeUndefined();
});
