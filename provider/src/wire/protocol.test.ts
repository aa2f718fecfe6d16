import type { WebPubSubMessage } from "@azure/web-pubsub-client";
import { describe, expect, test } from "vitest";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "./protocol.ts";

/** Bytes by hand: numbers are bytes, texts are their ASCII characters. */
function bytes(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "number" ? [part] : [...part].map((sign) => sign.charCodeAt(0)))),
  );
}

function parse(input: string | ArrayBuffer | Uint8Array) {
  const ignored: string[] = [];
  const protocol = WebPubSubProtobufProtocol({ onIgnored: (problem) => ignored.push(problem) });
  const message = protocol.parseMessages(input as ArrayBuffer);
  return { message: shown(message), ignored };
}

/** Buffers as lists of numbers: toEqual does not look into an ArrayBuffer. */
function shown<Message>(message: Message): Message | (Message & { readonly data: readonly number[] }) {
  if (typeof message !== "object" || message === null || !("data" in message)) return message;
  return message.data instanceof ArrayBuffer ? { ...message, data: [...new Uint8Array(message.data)] } : message;
}

function write(message: object): Uint8Array {
  const written = WebPubSubProtobufProtocol().writeMessage(message as WebPubSubMessage);
  if (!(written instanceof ArrayBuffer)) throw new Error("no binary frame");
  return new Uint8Array(written);
}

test("the two subprotocols bear their names", () => {
  expect(WebPubSubProtobufProtocol()).toMatchObject({
    name: "protobuf.webpubsub.azure.v1",
    isReliableSubProtocol: false,
  });
  expect(WebPubSubProtobufReliableProtocol()).toMatchObject({
    name: "protobuf.reliable.webpubsub.azure.v1",
    isReliableSubProtocol: true,
  });
});

describe("what the service says, byte by byte", () => {
  test.each<[string, Uint8Array, object]>([
    ["an ack", bytes(0x0a, 4, 0x08, 7, 0x10, 1), { kind: "ack", ackId: 7, success: true }],
    ["an ack of all defaults", bytes(0x0a, 0), { kind: "ack", ackId: 0, success: false }],
    [
      "a refusal",
      bytes(0x0a, 12, 0x08, 0x81, 0x01, 0x1a, 7, 0x0a, 2, "no", 0x12, 1, "!"),
      { kind: "ack", ackId: 129, success: false, error: { name: "no", message: "!" } },
    ],
    [
      "connected",
      bytes(0x1a, 12, 0x0a, 10, 0x0a, 1, "c", 0x12, 1, "u", 0x1a, 2, "tk"),
      { kind: "connected", connectionId: "c", userId: "u", reconnectionToken: "tk" },
    ],
    [
      "connected, anonymous and not reliable",
      bytes(0x1a, 5, 0x0a, 3, 0x0a, 1, "c"),
      { kind: "connected", connectionId: "c", userId: "", reconnectionToken: "" },
    ],
    [
      "disconnected, whose reason is field 2",
      bytes(0x1a, 6, 0x12, 4, 0x12, 2, "by"),
      { kind: "disconnected", message: "by" },
    ],
    ["pong", bytes(0x22, 0), { kind: "pong" }],
    [
      "text from a group, with a sequence id",
      bytes(0x12, 18, 0x0a, 5, "group", 0x12, 1, "g", 0x1a, 4, 0x0a, 2, "hi", 0x20, 9),
      { kind: "groupData", group: "g", fromUserId: "", dataType: "text", data: "hi", sequenceId: 9 },
    ],
    [
      "JSON from the server",
      bytes(0x12, 19, 0x0a, 6, "server", 0x1a, 9, 0x22, 7, '{"a":1}'),
      { kind: "serverData", dataType: "json", data: { a: 1 } },
    ],
    [
      "binary from the server",
      bytes(0x12, 14, 0x0a, 6, "server", 0x1a, 4, 0x12, 2, 0, 255),
      { kind: "serverData", dataType: "binary", data: [0, 255] },
    ],
    [
      "an Any from the server, serialised",
      bytes(0x12, 18, 0x0a, 6, "server", 0x1a, 8, 0x1a, 6, 0x0a, 1, "t", 0x12, 1, "v"),
      { kind: "serverData", dataType: "protobuf", data: [...bytes(0x0a, 1, "t", 0x12, 1, "v")] },
    ],
    [
      "an empty text",
      bytes(0x12, 12, 0x0a, 6, "server", 0x1a, 2, 0x0a, 0),
      { kind: "serverData", dataType: "text", data: "" },
    ],
    [
      "numbers longer than needed",
      bytes(0x8a, 0x00, 0x86, 0x00, 0x08, 0x87, 0x80, 0x00, 0x10, 1),
      { kind: "ack", ackId: 7, success: true },
    ],
    [
      "fields nobody knows, of each wire type, metadata among them",
      bytes(
        ...[0x12, 45, 0x0a, 6, "server", 0x1a, 3, 0x0a, 1, "x"],
        ...[0x2a, 6, 0x0a, 1, "k", 0x12, 1, "v"],
        ...[0x98, 0x06, 5, 0x99, 0x06, "12345678", 0x9a, 0x06, 2, "no", 0x9d, 0x06, "1234"],
      ),
      { kind: "serverData", dataType: "text", data: "x" },
    ],
    ["a known field in another form", bytes(0x0a, 5, 0x0a, 1, "x", 0x08, 3), { kind: "ack", ackId: 3, success: false }],
    ["the last of two", bytes(0x22, 0, 0x0a, 2, 0x08, 2), { kind: "ack", ackId: 2, success: false }],
  ])("%s", (_name, frame, expected) => {
    expect(parse(frame)).toEqual({ message: expected, ignored: [] });
  });

  test("is read from an ArrayBuffer and from a view into a larger one alike", () => {
    const frame = bytes(0x0a, 4, 0x08, 7, 0x10, 1);
    const larger = bytes(9, 9, ...frame, 9);
    expect(parse(frame.buffer as ArrayBuffer).message).toEqual(parse(larger.subarray(2, 8)).message);
  });

  test("a payload is the application's own: the frame's bytes are not shared", () => {
    const frame = bytes(0x12, 14, 0x0a, 6, "server", 0x1a, 4, 0x12, 2, 1, 2);
    const message = WebPubSubProtobufProtocol().parseMessages(frame.buffer as ArrayBuffer);
    frame.fill(0);
    expect(shown(message)).toMatchObject({ data: [1, 2] });
  });
});

describe("what is no message is ignored, and told", () => {
  const server = [0x0a, 6, "server"] as const;
  test.each<[string, Uint8Array, string]>([
    ["nothing", bytes(), "unknown-message"],
    ["a kind nobody knows", bytes(0x2a, 0), "unknown-message"],
    ["a system message nobody knows", bytes(0x1a, 2, 0x1a, 0), "unknown-message"],
    ["field number 0", bytes(0x02, 0), "bad-tag"],
    ["a field number beyond 29 bits", bytes(0x88, 0x80, 0x80, 0x80, 0x10, 0), "bad-tag"],
    ["a group", bytes(0x2b, 0x2c), "bad-wire-type"],
    ["wire type 7", bytes(0x2f), "bad-wire-type"],
    ["a cut number", bytes(0x0a, 2, 0x08, 0x80), "unexpected-end"],
    ["a number of 11 bytes", bytes(0x08, ...Array<number>(10).fill(0x80), 0), "bad-varint"],
    ["a number of 65 bits", bytes(0x08, ...Array<number>(9).fill(0xff), 2), "bad-varint"],
    [
      "an ack id that JavaScript cannot hold",
      bytes(0x0a, 9, 0x08, ...Array<number>(7).fill(0x80), 0x10),
      "number-too-large",
    ],
    ["a length beyond the frame", bytes(0x0a, 5, 0x08, 7), "unexpected-end"],
    ["a length beyond the message around it", bytes(0x0a, 2, 0x1a, 2, 0x22, 0), "unexpected-end"],
    ["a length of 2^63", bytes(0x0a, ...Array<number>(9).fill(0x80), 1), "number-too-large"],
    ["eight bytes that are not there", bytes(0x29, 1, 2), "unexpected-end"],
    ["a broken text", bytes(0x1a, 5, 0x0a, 3, 0x0a, 1, 0xff), "text-not-utf8"],
    ["a sender nobody knows", bytes(0x12, 8, 0x0a, 1, "x", 0x1a, 3, 0x0a, 1, "x"), "unknown-message"],
    ["a group message without a group", bytes(0x12, 12, 0x0a, 5, "group", 0x1a, 3, 0x0a, 1, "x"), "unknown-message"],
    ["a message without data", bytes(0x12, 8, ...server), "unknown-message"],
    ["data of a kind nobody knows", bytes(0x12, 12, ...server, 0x1a, 2, 0x2a, 0), "unknown-message"],
    ["broken JSON", bytes(0x12, 13, ...server, 0x1a, 3, 0x22, 1, "{"), "bad-json"],
    [
      "a JSON null, as with the client's JSON subprotocols",
      bytes(0x12, 16, ...server, 0x1a, 6, 0x22, 4, "null"),
      "json-null",
    ],
    ["JSON that is no text", bytes(0x12, 13, ...server, 0x1a, 3, 0x22, 1, 0xff), "text-not-utf8"],
  ])("%s", (_name, frame, problem) => {
    expect(parse(frame)).toEqual({ message: null, ignored: [problem] });
  });

  test("a text frame; and with nobody to tell", () => {
    expect(parse('{"type":"pong"}')).toEqual({ message: null, ignored: ["text-frame"] });
    expect(WebPubSubProtobufProtocol().parseMessages("x")).toBeNull();
  });
});

describe("what the client says, byte by byte", () => {
  test.each<[string, object, Uint8Array]>([
    ["join", { kind: "joinGroup", group: "g", ackId: 1 }, bytes(0x32, 5, 0x0a, 1, "g", 0x10, 1)],
    ["join unanswered", { kind: "joinGroup", group: "g" }, bytes(0x32, 3, 0x0a, 1, "g")],
    ["leave", { kind: "leaveGroup", group: "g", ackId: 300 }, bytes(0x3a, 6, 0x0a, 1, "g", 0x10, 0xac, 0x02)],
    ["ack id 0", { kind: "leaveGroup", group: "g", ackId: 0 }, bytes(0x3a, 5, 0x0a, 1, "g", 0x10, 0)],
    [
      "sequence ack",
      { kind: "sequenceAck", sequenceId: 2 ** 53 - 1 },
      bytes(0x42, 9, 0x08, ...Array<number>(7).fill(0xff), 0x0f),
    ],
    ["ping", { kind: "ping" }, bytes(0x4a, 0)],
    [
      "text to a group",
      { kind: "sendToGroup", group: "g", ackId: 3, noEcho: true, dataType: "text", data: "hi" },
      bytes(0x0a, 13, 0x0a, 1, "g", 0x10, 3, 0x1a, 4, 0x0a, 2, "hi", 0x20, 1),
    ],
    [
      "JSON to a group, echoed",
      { kind: "sendToGroup", group: "g", noEcho: false, dataType: "json", data: { a: 1 } },
      bytes(0x0a, 14, 0x0a, 1, "g", 0x1a, 9, 0x22, 7, '{"a":1}'),
    ],
    [
      "a binary event",
      { kind: "sendEvent", event: "e", ackId: 4, dataType: "binary", data: Uint8Array.of(0, 255).buffer },
      bytes(0x2a, 11, 0x0a, 1, "e", 0x12, 4, 0x12, 2, 0, 255, 0x18, 4),
    ],
    [
      "a part of a larger buffer",
      { kind: "sendEvent", event: "e", dataType: "binary", data: Uint8Array.of(1, 2, 3).subarray(1, 2) },
      bytes(0x2a, 8, 0x0a, 1, "e", 0x12, 3, 0x12, 1, 2),
    ],
    [
      "an Any",
      { kind: "sendEvent", event: "e", dataType: "protobuf", data: bytes(0x0a, 1, "t", 0x12, 1, "v").buffer },
      bytes(0x2a, 13, 0x0a, 1, "e", 0x12, 8, 0x1a, 6, 0x0a, 1, "t", 0x12, 1, "v"),
    ],
  ])("%s", (_name, message, expected) => {
    expect(write(message)).toEqual(expected);
  });

  test.each<[string, object, RegExp]>([
    ["a text that is none", { kind: "sendEvent", event: "e", dataType: "text", data: 7 }, /string/],
    ["binary that is none", { kind: "sendEvent", event: "e", dataType: "binary", data: "x" }, /ArrayBuffer/],
    ["a value without JSON", { kind: "sendEvent", event: "e", dataType: "json", data: () => 1 }, /JSON/],
    [
      "an Any that is none",
      { kind: "sendEvent", event: "e", dataType: "protobuf", data: bytes(0x0a, 9).buffer },
      /Any.*end/,
    ],
    ["no data", { kind: "sendToGroup", group: "g", noEcho: false }, /data/],
    ["a stream", { kind: "sendToGroup", group: "g", noEcho: false, stream: { streamId: "s" } }, /Streams/],
    ["an invocation", { kind: "invoke", invocationId: "i" }, /invoke/],
    ["group state", { kind: "setGroupState", group: "g" }, /setGroupState/],
    ["an ack id below zero", { kind: "joinGroup", group: "g", ackId: -1 }, /whole number/],
    ["an ack id that is no whole number", { kind: "joinGroup", group: "g", ackId: 0.5 }, /whole number/],
  ])("throws for %s, which the client hands to whoever sends", (_name, message, text) => {
    expect(() => write(message)).toThrow(TypeError);
    expect(() => write(message)).toThrow(text);
  });
});
