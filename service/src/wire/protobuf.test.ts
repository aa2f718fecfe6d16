import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Message, type Source } from "../core/message.ts";
import type { ControlMessage, Frame, Payload } from "../core/ports.ts";
import { frameText, json } from "./json.ts";
import { plain } from "./plain.ts";
import { protobuf, protobufReliable } from "./protobuf.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const text = (value: string) => Buffer.from(value, "utf8").toString("hex");
const hexOf = (frame: Frame | undefined) =>
  frame && Buffer.concat([frame.head ?? Buffer.alloc(0), frame.body]).toString("hex");
const spaceless = (hex: string) => hex.replaceAll(" ", "");

describe("decoding", () => {
  test.each<[string, string, object]>([
    ["join", "32 05 0a 01 67 10 01", { type: "joinGroup", group: "g", ackId: "1" }],
    ["leave without an id", "3a 03 0a 01 67", { type: "leaveGroup", group: "g", ackId: undefined }],
    [
      "join with the largest id",
      "32 0e 0a 01 67 10 ff ff ff ff ff ff ff ff ff 01",
      { type: "joinGroup", group: "g", ackId: "18446744073709551615" },
    ],
    ["ping", "4a 00", { type: "ping" }],
    ["sequence ack", "42 02 08 07", { type: "sequenceAck", sequenceId: 7 }],
    [
      "text with all options",
      "0a 10 0a 01 67 10 02 1a 04 0a 02 68 69 20 01 28 ac 02",
      {
        type: "sendToGroup",
        group: "g",
        ackId: "2",
        noEcho: true,
        ttlSeconds: 300,
        payload: { dataType: "text", bytes: bytes(text("hi")) },
      },
    ],
    [
      "binary",
      "0a 09 0a 01 67 1a 04 12 02 00 ff",
      { type: "sendToGroup", group: "g", noEcho: false, payload: { dataType: "binary", bytes: bytes("00ff") } },
    ],
    [
      "an Any",
      "0a 0e 0a 01 67 1a 09 1a 07 0a 01 74 12 02 01 02",
      { type: "sendToGroup", payload: { dataType: "protobuf", bytes: bytes("0a 01 74 12 02 01 02") } },
    ],
    [
      "an event with JSON and metadata",
      "2a 12 0a 01 65 12 03 22 01 37 18 05 22 06 0a 01 6b 12 01 76",
      {
        type: "event",
        event: "e",
        ackId: "5",
        payload: { dataType: "json", bytes: bytes("37"), metadata: new Map([["k", "v"]]) },
      },
    ],
    [
      "metadata alone is an empty text",
      "0a 0b 0a 01 67 32 06 0a 01 6b 12 01 76",
      { type: "sendToGroup", payload: { dataType: "text", bytes: bytes(""), metadata: new Map([["k", "v"]]) } },
    ],
    [
      "unknown fields of every kind are skipped",
      "78 01 79 0102030405060708 7a 01 00 7d 01020304 4a 02 08 01",
      { type: "ping" },
    ],
    ["unknown groups are skipped, one in another", "f3 01 08 05 fb 01 fc 01 f4 01 4a 00", { type: "ping" }],
    ["a known field of another kind is unknown", "48 05 4a 00 4b 4c", { type: "ping" }],
    [
      "an ack id and noEcho as texts are unknown",
      "0a 10 0a 01 67 12 01 31 1a 05 0a 03 61 62 63 22 01 31",
      { type: "sendToGroup", group: "g", ackId: undefined, noEcho: false },
    ],
    [
      "of the payload the last member of its kind counts",
      "0a 0c 0a 01 67 1a 07 12 01 01 08 05 18 01",
      { type: "sendToGroup", payload: { dataType: "binary" } },
    ],
    ["of two members the last one counts", "4a 00 42 02 08 07", { type: "sequenceAck", sequenceId: 7 }],
    ["a stream", "0a 0a 0a 01 67 10 03 3a 03 0a 01 73", { type: "unsupported", answer: { to: "ack", ackId: "3" } }],
    ["a stream nobody waits for", "0a 08 0a 01 67 3a 03 0a 01 73", { type: "unsupported", answer: { to: "nobody" } }],
  ])("%s", (_name, hex, message) => {
    const decoded = protobuf.decode(bytes(hex));
    expect(decoded.ok && decoded.message).toMatchObject(message);
  });

  /** A field with a length, so that only what the row is about is wrong. */
  const field = (tag: string, ...content: string[]) => {
    const inner = spaceless(content.join(""));
    return tag + (inner.length / 2).toString(16).padStart(2, "0") + inner;
  };
  const group = field("0a", text("g"));
  const send = (...content: string[]) => field("0a", group, ...content);
  const hi = field("1a", field("0a", text("hi")));
  const entry = field("32", field("0a", text("k")), field("12", text("v")));

  test.each<[string, string, string]>([
    ["nothing", "", "message"],
    ["only unknown fields", "78 01", "message"],
    ["a member that is no message", "48 01", "message"],
    ["cut in a length", "32 05 0a 01 67", "message"],
    ["cut in a varint", "42 02 08 80", "message"],
    ["a varint over 64 bits", field("42", "08 ff ff ff ff ff ff ff ff ff 02"), "message"],
    ["a varint without end", field("42", "08 80 80 80 80 80 80 80 80 80 80 01"), "message"],
    ["field number 0", "02 00", "message"],
    ["field number 0 in an unknown group", "f3 01 00 05 f4 01 4a 00", "message"],
    ["a known member as a group of fields", "4b 4c", "message"],
    ["a group without its end", "4a 00 f3 01 08 05", "message"],
    ["a group with the end of another", "f3 01 fc 01 4a 00", "message"],
    ["an end without its group", "f4 01 4a 00", "message"],
    ["groups in groups without end", "f3 01".repeat(101), "message"],
    ["no group name", field("32"), "group"],
    ["a blank group name", field("32", "0a 01 20"), "group"],
    ["a group name that is no UTF-8", field("32", "0a 01 ff"), "group"],
    ["a group name as a number", field("32", "08 01"), "group"],
    ["no data", send(), "data"],
    ["empty data", send("1a 00"), "data"],
    ["text that is no UTF-8", send(field("1a", "0a 01 ff")), "data"],
    ["JSON that is none", send(field("1a", "22 01 7b")), "data"],
    ["JSON null", send(field("1a", field("22", text("null")))), "data"],
    ["an Any that is none", send(field("1a", "1a 01 ff")), "data"],
    ["text that is no UTF-8, replaced by bytes", send(field("1a", "0a 01 ff 12 01 01")), "data"],
    ["an Any that is none, replaced by a text", send(field("1a", "1a 01 ff 0a 01 61")), "data"],
    ["a time to live of 301", send(hi, "28 ad 02"), "ttl_seconds"],
    ["an event without a name", field("2a", field("12", "0a 01 61")), "event"],
    ["an event with a bad name", field("2a", field("0a", text("1st")), field("12", "0a 01 61")), "event"],
    ["metadata with a bad key", send(hi, field("32", "0a 01 20 12 01 76")), "metadata"],
    ["metadata with a key twice", send(hi, entry, entry), "metadata"],
    ["metadata that is no entry", send(hi, "30 01"), "metadata"],
  ])("closes with 1007: %s", (_name, hex, where) => {
    const problem = `The client message is not a valid protobuf protocol message. Look at the field '${where}'.`;
    expect(protobuf.decode(bytes(hex))).toEqual({ ok: false, code: 1007, problem });
  });

  test("a text frame closes with 1003", () => {
    expect(protobuf.decode("{}")).toMatchObject({ ok: false, code: 1003 });
  });

  test("no bytes make the decoder throw, and none make it hold more than they are", () => {
    const good = bytes("0a 10 0a 01 67 10 02 1a 04 0a 02 68 69 20 01 28 ac 02");
    const bent = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length)).map(([at, value, length]) => {
      const copy = Buffer.from(good);
      copy[at] = value;
      return copy.subarray(0, length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), bent), (input) => {
        const decoded = protobuf.decode(input);
        if (!decoded.ok) return decoded.code === 1007;
        const { message } = decoded;
        return !("payload" in message) || !("bytes" in message.payload) || message.payload.bytes.length <= input.length;
      }),
      { numRuns: 2_000 },
    );
  });

  test("a megabyte of tiny fields is refused before it becomes a megabyte of objects", () => {
    expect(protobuf.decode(Buffer.alloc(1024 * 1024, bytes("78 01")))).toMatchObject({ ok: false, code: 1007 });
  });

  test("a small payload does not keep the buffer it was read into alive", () => {
    const chunk = Buffer.alloc(64 * 1024);
    const frame = bytes("0a 09 0a 01 67 1a 04 12 02 00 ff");
    frame.copy(chunk, 1_000);
    const decoded = protobuf.decode(chunk.subarray(1_000, 1_000 + frame.length));
    if (!decoded.ok || decoded.message.type !== "sendToGroup") throw new Error("not decoded");
    const { payload } = decoded.message;
    expect("bytes" in payload && payload.bytes.buffer.byteLength).toBeLessThan(chunk.length);
  });
});

describe("encoding", () => {
  const fromGroup: Source = { from: "group", group: "g", fromUserId: "ada" };
  const ofGroup = `0a 05 ${text("group")} 12 01 67`;

  test.each<[string, Payload, string]>([
    ["text", { dataType: "text", literal: '"h\\u0069"' }, "0a 02 68 69"],
    ["binary", { dataType: "binary", literal: '"AP8="' }, "12 02 00 ff"],
    ["an Any", { dataType: "protobuf", bytes: bytes("0a 01 74") }, "1a 03 0a 01 74"],
    ["JSON, exactly as sent", { dataType: "json", literal: '{ "a":1}' }, `22 08 ${text('{ "a":1}')}`],
  ])("%s, plain and reliable", (_name, payload, data) => {
    const message = new Message(fromGroup, payload);
    const members = spaceless(`${ofGroup} 1a ${(spaceless(data).length / 2).toString(16).padStart(2, "0")} ${data}`);
    const length = (extra: number) => (members.length / 2 + extra).toString(16).padStart(2, "0");
    expect(hexOf(message.frameFor(protobuf))).toBe(`12${length(0)}${members}`);
    const shared = message.frameFor(protobufReliable);
    const first = protobufReliable.sequenced(shared, 1);
    const later = protobufReliable.sequenced(shared, 300);
    expect(hexOf(first)).toBe(`12${length(2)}2001${members}`);
    expect(hexOf(later)).toBe(`12${length(3)}20ac02${members}`);
    expect(first.body).toBe(later.body);
    expect([first.binary, message.frameFor(protobuf).binary]).toEqual([true, true]);
  });

  test("a message of the server, with metadata", () => {
    const metadata = new Map([["k", "v"]]);
    const message = new Message({ from: "server" }, { dataType: "text", literal: '""', metadata });
    expect(hexOf(message.frameFor(protobuf))).toBe(
      spaceless(`12 14 0a 06 ${text("server")} 1a 02 0a 00 2a 06 0a 01 6b 12 01 76`),
    );
    expect(frameText(message.frameFor(json))).toBe(
      '{"type":"message","from":"server","dataType":"text","data":"","metadata":{"k":"v"}}',
    );
  });

  const error = { name: "BadRequest", message: "no" } as const;
  test.each<[ControlMessage, string | undefined]>([
    [
      { type: "connected", connectionId: "c", userId: "u", reconnectionToken: "t" },
      "1a 0b 0a 09 0a 01 63 12 01 75 1a 01 74",
    ],
    [{ type: "connected", connectionId: "c", userId: undefined, reconnectionToken: undefined }, "1a 05 0a 03 0a 01 63"],
    [{ type: "disconnected", message: "m" }, "1a 05 12 03 12 01 6d"],
    [{ type: "ack", ackId: "300", error: undefined }, "0a 05 08 ac 02 10 01"],
    [{ type: "ack", ackId: "0", error: undefined }, "0a 02 10 01"],
    [{ type: "ack", ackId: "1", error }, `0a 14 08 01 1a 10 0a 0a ${text("BadRequest")} 12 02 6e 6f`],
    [{ type: "pong" }, "22 00"],
    [{ type: "streamClosed", streamId: "s", error }, undefined],
    [{ type: "invokeFailed", invocationId: "i", error }, undefined],
  ])("%o", (message, hex) => {
    expect(hexOf(protobuf.control(message))).toBe(hex && spaceless(hex));
    expect(hexOf(protobufReliable.control(message))).toBe(hex && spaceless(hex));
  });
});

describe("one message, every wire format", () => {
  const frames = (payload: Payload) => {
    const message = new Message({ from: "server" }, payload);
    const shown = message.frameFor(plain);
    return {
      json: /"dataType":.*(?=\})/.exec(frameText(message.frameFor(json)))?.[0],
      plain: [shown.binary ? "binary" : "text", Buffer.from(shown.body).toString("latin1")],
    };
  };

  test.each<[Payload, string, string[]]>([
    [{ dataType: "text", bytes: bytes(text('"\n')) }, '"dataType":"text","data":"\\"\\n"', ["text", '"\n']],
    [
      { dataType: "json", bytes: bytes(text('{ "a": 1 }')) },
      '"dataType":"json","data":{ "a": 1 }',
      ["text", '{ "a": 1 }'],
    ],
    [{ dataType: "binary", bytes: bytes("00ff") }, '"dataType":"binary","data":"AP8="', ["binary", "\u0000\u00ff"]],
    [{ dataType: "protobuf", bytes: bytes("0a0174") }, '"dataType":"protobuf","data":"CgF0"', ["binary", "\n\u0001t"]],
    [{ dataType: "json", literal: "[1, 2]" }, '"dataType":"json","data":[1, 2]', ["text", "[1, 2]"]],
    [{ dataType: "text", literal: '"\\u0041"' }, '"dataType":"text","data":"\\u0041"', ["text", "A"]],
    [{ dataType: "binary", literal: '"AP8="' }, '"dataType":"binary","data":"AP8="', ["binary", "\u0000\u00ff"]],
  ])("%o", (payload, asJson, asPlain) => {
    expect(frames(payload)).toEqual({ json: asJson, plain: asPlain });
  });

  test("is converted at most once, and not at all between clients of one format", () => {
    const sent = bytes("00ff");
    const message = new Message({ from: "server" }, { dataType: "binary", bytes: sent });
    expect(message.bytes).toBe(sent);
    expect(message.frameFor(plain).body).toBe(sent);
    const other = new Message({ from: "server" }, { dataType: "binary", literal: '"AP8="' });
    other.frameFor(protobuf);
    const converted = other.bytes;
    other.frameFor(protobufReliable);
    expect(other.frameFor(plain).body).toBe(converted);
  });
});
