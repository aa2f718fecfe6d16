import { describe, expect, test } from "vitest";
import { Message } from "../core/message.ts";
import type { Codec } from "../core/ports.ts";
import { json, jsonReliable } from "../wire/json.ts";
import { plain } from "../wire/plain.ts";
import { protobuf, protobufReliable } from "../wire/protobuf.ts";
import { Meter } from "./meter.ts";
import { describe as describeBytes, describeOutgoing, formatOf, groupOf, isAck, protobufField } from "./peek.ts";

const codecs: readonly Codec[] = [json, jsonReliable, protobuf, protobufReliable];
const source = { from: "group", group: "gruppe-ä", fromUserId: "ada" } as const;
const message = new Message(source, { dataType: "text", literal: '"hello"' });

function data(codec: Codec) {
  const frame = message.frameFor(codec);
  return codec.reliable ? codec.sequenced(frame, 7) : frame;
}

describe.each(codecs.map((codec) => [codec.subprotocol, codec] as const))("%s", (subprotocol, codec) => {
  const format = formatOf(subprotocol);

  test("the group of a message is found; acks, pongs and system messages have none", () => {
    expect(groupOf(data(codec), format)).toBe("gruppe-ä");
    for (const control of [
      { type: "pong" },
      { type: "ack", ackId: "1", error: undefined },
      { type: "disconnected", message: "group" },
    ] as const) {
      const frame = codec.control(control);
      expect(frame === undefined ? undefined : groupOf(frame, format)).toBeUndefined();
    }
  });

  test("acks are told from everything else", () => {
    const ack = codec.control({ type: "ack", ackId: "1", error: undefined });
    const pong = codec.control({ type: "pong" });
    expect(ack !== undefined && isAck(ack, format)).toBe(true);
    expect(pong === undefined || isAck(pong, format)).toBe(false);
    expect(isAck(data(codec), format)).toBe(false);
  });

  test("a reconnection token is not shown", () => {
    const reconnectionToken = "t0ken".repeat(10);
    const frame = codec.control({ type: "connected", connectionId: "c", userId: "u", reconnectionToken });
    expect(frame).toBeDefined();
    if (frame !== undefined) expect(describeOutgoing(frame, format)).not.toContain("t0ken");
  });

  test("a message is shown", () => {
    expect(describeOutgoing(data(codec), format)).toContain("hello");
  });
});

test("frames of plain clients know their group though their bytes do not say it, and are no acks", () => {
  const frame = message.frameFor(plain);
  expect(Buffer.from(frame.body).toString("utf8")).toBe("hello");
  expect(groupOf(frame, formatOf(plain.subprotocol))).toBe("gruppe-ä");
  const toAll = new Message({ from: "server" }, { dataType: "text", literal: '"hello"' }).frameFor(plain);
  expect(groupOf(toAll, "plain")).toBeUndefined();
  expect(isAck({ head: undefined, body: Buffer.from('{"type":"ack"'), binary: false }, "plain")).toBe(false);
});

test("what is shown is cut, and a token that the cut falls into is hidden all the same", () => {
  const long = describeBytes(Buffer.from("x".repeat(5_000)));
  expect(long).toBe(`${"x".repeat(2_048)}… (5000 bytes)`);
  const cut = describeBytes(Buffer.from(`${"x".repeat(4_060)}"reconnectionToken":"secret`));
  expect(cut).not.toContain("secret");
  const early = describeBytes(Buffer.from(`"reconnectionToken": "${"secret".repeat(1_000)}`));
  expect(early).not.toContain("secret");
  expect(describeBytes(Buffer.from([0, 10, 0xff, 65]))).toBe("···A");
});

test("bytes that are no protobuf have no fields", () => {
  for (const hex of ["", "ff", "0aff01", "0b", "0affffffffffffffff7f", "ffffffffffffffffffff", "12"]) {
    expect(protobufField(Buffer.from(hex, "hex"), 2)).toBeUndefined();
  }
});

test("the meter counts a batch for each of its receivers, units by both rules", () => {
  const meter = new Meter();
  const small = { head: undefined, body: Buffer.alloc(100), binary: true };
  const large = { head: Buffer.alloc(8), body: Buffer.alloc(2_048), binary: true };
  const batch = [small, large];
  for (let i = 0; i < 3; i++) meter.sent(batch, "plain");
  meter.sent([small], "plain");
  expect(meter.messagesOut).toBe(7);
  expect(meter.bytesOut).toBe(3 * (100 + 8 + 2_048) + 100);
  expect(meter.unitsRounded).toBe(3 * (1 + 2) + 1);
  expect(meter.unitsSummed).toBeCloseTo((3 * 2_156 + 100) / 2_048);
  const ack = json.control({ type: "ack", ackId: "1", error: undefined });
  if (ack !== undefined) meter.sent([ack, ack], "json");
  expect(meter.acks).toBe(2);
});
