import { expect, test } from "vitest";
import { Batch } from "./batch.ts";
import type { Frame } from "./ports.ts";

function frame(text: string): Frame {
  return { head: undefined, body: Buffer.from(text), binary: false };
}

test("the same frames after the same start are the same batch and the same array", () => {
  const empty = new Batch();
  const [a, b] = [frame("a"), frame("bc")];
  const first = empty.with(a).with(b);
  const second = empty.with(a).with(b);
  expect(second).toBe(first);
  expect(second.frames).toBe(first.frames);
  expect(first.frames).toEqual([a, b]);
  expect([first.count, first.bytes]).toEqual([2, 3]);
});

test("ways part at the first different frame, and what was shared before stays as it was", () => {
  const empty = new Batch();
  const [a, b, ack] = [frame("a"), frame("b"), frame("ack")];
  const sender = empty.with(a).with(ack);
  const member = empty.with(a).with(b);
  expect(sender.frames).toEqual([a, ack]);
  expect(member.frames).toEqual([a, b]);
  expect(sender.with(b).frames).toEqual([a, ack, b]);
  expect([empty.frames, empty.count, empty.bytes]).toEqual([[], 0, 0]);
});

test("frames that are alike are not the same frame", () => {
  const empty = new Batch();
  expect(empty.with(frame("a"))).not.toBe(empty.with(frame("a")));
});
