import { expect, test } from "vitest";
import { Message } from "../core/message.ts";
import type { Frame } from "../core/ports.ts";
import { jsonReliable } from "../wire/json.ts";
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

function numbered(messages: readonly Message[], first: number): Frame[] {
  return messages.map((message, at) => jsonReliable.sequenced(message.frameFor(jsonReliable), first + at));
}

function textMessage(text: string): Message {
  return new Message({ from: "server" }, { dataType: "text", literal: JSON.stringify(text) });
}

function wireText(first: number): string {
  return ["a", "b"]
    .map(
      (text, at) => `{"sequenceId":${first + at},"type":"message","from":"server","dataType":"text","data":"${text}"}`,
    )
    .map((json) => `\x81${String.fromCharCode(json.length)}${json}`)
    .join("");
}

test("batches that differ in their numbers only are written into the same buffer, whatever the numbers", () => {
  const batcher = new Batcher();
  const messages = [textMessage("a"), textMessage("b")];
  const first = batcher.join(numbered(messages, 1));
  expect(first?.toString("latin1")).toBe(wireText(1));
  const next = batcher.join(numbered(messages, 7));
  expect(next).toBe(first);
  expect(next?.toString("latin1")).toBe(wireText(7));
  // One number more digits: other lengths, other bytes.
  for (const number of [9, 10, 98, 99, 100, 4_294_967_295, 4_294_967_296]) {
    expect(batcher.join(numbered(messages, number))?.toString("latin1")).toBe(wireText(number));
  }
});

test("a numbered buffer that is still to be sent is left alone; a shared one may be used again", () => {
  const batcher = new Batcher();
  const messages = [textMessage("a"), textMessage("b")];
  const waiting = batcher.join(numbered(messages, 1));
  batcher.taken();
  expect(batcher.join(numbered(messages, 2))).not.toBe(waiting);
  expect(waiting?.toString("latin1")).toBe(wireText(1));
  const same = [frame(3)];
  const shared = batcher.join(same);
  batcher.taken();
  expect(batcher.join(same)).toBe(shared);
});
