import { expect, test } from "vitest";
import { Message } from "../core/message.ts";
import type { Codec, Frame } from "../core/ports.ts";
import { jsonReliable } from "../wire/json.ts";
import { protobufReliable } from "../wire/protobuf.ts";
import { Batcher } from "./batcher.ts";
import { frameHeader } from "./frame-bytes.ts";

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
  const first = batcher.join(shared);
  expect(first?.toString("latin1")).toBe(`\x81\x03aaa\x81\x7e\x00\xc9{${"a".repeat(200)}`);
  expect(batcher.join(shared)).toBe(first);
  expect(batcher.join([...shared])).not.toBe(first);
});

test("a large batch is not copied into one buffer", () => {
  expect(new Batcher().join([frame(70_000)])).toBeUndefined();
  const large = [jsonReliable.data(textMessage("x".repeat(70_000)))];
  expect(new Batcher().joinNumbered(large, 1)).toBeUndefined();
});

function textMessage(text: string): Message {
  return new Message({ from: "server" }, { dataType: "text", literal: JSON.stringify(text) });
}

function batchOf(codec: Codec): Frame[] {
  const pong = codec.control({ type: "pong" });
  return [codec.data(textMessage("a")), ...(pong === undefined ? [] : [pong]), codec.data(textMessage("b"))];
}

/** What the frames are, one by one, with their numbers. */
function wireBytes(codec: Codec, frames: readonly Frame[], first: number): string {
  let next = first;
  const parts = frames.flatMap((shared, at) => {
    const { head, body, binary } = at === 1 ? shared : codec.sequenced(shared, next++);
    const bytes = (head?.length ?? 0) + body.length;
    return [frameHeader(bytes, binary), ...(head === undefined ? [] : [head]), body];
  });
  return Buffer.concat(parts).toString("hex");
}

test.each([
  ["JSON", jsonReliable],
  ["protobuf", protobufReliable],
])("%s numbers of the next member are written into the same buffer, whatever they are", (_name, codec) => {
  const batcher = new Batcher();
  const frames = batchOf(codec);
  const first = batcher.joinNumbered(frames, 1);
  expect(first?.toString("hex")).toBe(wireBytes(codec, frames, 1));
  const next = batcher.joinNumbered(frames, 7);
  expect(next).toBe(first);
  expect(next?.toString("hex")).toBe(wireBytes(codec, frames, 7));
  // A number more digits: other lengths, other bytes.
  const carries = [98, 99, 100, 198, 199, 200, 1_999, 12_999, 199_999];
  const widths = [126, 127, 128, 16_382, 16_383, 16_384, 2_147_483_647, 4_294_967_295, 4_294_967_296, 2 ** 53 - 3];
  const steps = [200, 203, 260, 297, 300, 397, 1_000, 1_001, 1_099, 1_100, 1_050, 5_099, 5_098];
  for (const number of [8, 9, 10, ...carries, ...widths, ...steps]) {
    expect(batcher.joinNumbered(frames, number)?.toString("hex")).toBe(wireBytes(codec, frames, number));
  }
});

test("JSON numbers are where the subprotocol wants them", () => {
  const batch = new Batcher().joinNumbered([jsonReliable.data(textMessage("a"))], 42);
  const json = '{"sequenceId":42,"type":"message","from":"server","dataType":"text","data":"a"}';
  expect(batch?.toString("latin1")).toBe(`\x81${String.fromCharCode(json.length)}${json}`);
});

test("a numbered buffer that is still to be sent is left alone", () => {
  const batcher = new Batcher();
  const frames = batchOf(jsonReliable);
  const waiting = batcher.joinNumbered(frames, 1);
  batcher.taken();
  expect(batcher.joinNumbered(frames, 2)).not.toBe(waiting);
  expect(waiting?.toString("hex")).toBe(wireBytes(jsonReliable, frames, 1));
});
