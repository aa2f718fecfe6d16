import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Message, type Source } from "../core/message.ts";
import type { ControlMessage, Payload } from "../core/ports.ts";
import { frameText, json, jsonReliable } from "./json.ts";

const payload = { dataType: "json", literal: '{"b": 1, "a":"\\u0041"}' } as const;

describe("decoding", () => {
  test.each<[string, object]>([
    ['{"type":"joinGroup","group":"g","ackId":1}', { type: "joinGroup", group: "g", ackId: "1" }],
    ['{"type":"LEAVEGROUP","group":"G"}', { type: "leaveGroup", group: "G", ackId: undefined }],
    [
      '{"type":"sendToGroup","group":"g","ackId":18446744073709551615,"data":{"b": 1, "a":"\\u0041"}}',
      { type: "sendToGroup", group: "g", ackId: "18446744073709551615", noEcho: false, payload },
    ],
    [
      '{"type":"sendToGroup","group":"g","noEcho":true,"dataType":"binary","data":"AA=="}',
      {
        type: "sendToGroup",
        group: "g",
        ackId: undefined,
        noEcho: true,
        payload: { dataType: "binary", literal: '"AA=="' },
      },
    ],
    [
      '{"type":"event","event":"e","ackId":0,"dataType":"text","data":"\\n"}',
      { type: "event", event: "e", ackId: "0", payload: { dataType: "text", literal: '"\\n"' } },
    ],
    ['{"type":"sequenceAck","sequenceId":7}', { type: "sequenceAck", sequenceId: 7 }],
    ['{"type":"ping","__proto__":{"type":"x"}}', { type: "ping" }],
    [
      '{"type":"sendToGroup","group":"g","noEcho":false,"stream":{"streamId":"s"}}',
      { type: "streamStart", group: "g", streamId: "s", noEcho: false, idleTimeoutMs: undefined },
    ],
    [
      '{"type":"streamData","streamId":"s","streamSequenceId":1,"dataType":"json","data":{"b": 1, "a":"\\u0041"}}',
      { type: "streamData", streamId: "s", sequenceId: 1, payload },
    ],
    ['{"type":"streamData","streamId":"s"}', { type: "streamAlive", streamId: "s" }],
    [
      '{"type":"streamEnd","streamId":"s","error":{"message":"m","userErrorCode":7}}',
      { type: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: 7 } },
    ],
    [
      '{"type":"invoke","invocationId":"i","target":"event","event":"e"}',
      { type: "invoke", invocationId: "i", event: "e", payload: { dataType: "text", literal: '""' } },
    ],
    ['{"type":"cancelInvocation","invocationId":"i"}', { type: "cancelInvocation", invocationId: "i" }],
    [
      '{"type":"setGroupState","group":"g","ackId":3,"state":{"a":"b"}}',
      { type: "setGroupState", group: "g", ackId: "3", state: new Map([["a", "b"]]) },
    ],
    ['{"type":"subscribeGroupState","group":"g"}', { type: "subscribeGroupState", group: "g", ackId: undefined }],
    [
      '{"type":"sendToGroup","group":"g","ttlSeconds":300,"data":{"b": 1, "a":"\\u0041"},"metadata":{"1":"x","__proto__":"y"}}',
      {
        type: "sendToGroup",
        group: "g",
        ackId: undefined,
        noEcho: false,
        ttlSeconds: 300,
        payload: {
          ...payload,
          metadata: new Map([
            ["1", "x"],
            ["__proto__", "y"],
          ]),
        },
      },
    ],
    [
      '{"type":"event","event":"e","metadata":{"k":"v"}}',
      {
        type: "event",
        event: "e",
        ackId: undefined,
        payload: { dataType: "text", literal: '""', metadata: new Map([["k", "v"]]) },
      },
    ],
    ['{"type":"invokeResponse","invocationId":"i","success":true}', { type: "unsupported", answer: { to: "nobody" } }],
  ])("%s", (text, message) => {
    expect(json.decode(text)).toEqual({ ok: true, message });
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '"ping"',
    "{}",
    '{"type":1}',
    '{"type":"nonsense"}',
    '{"__proto__":{"type":"ping"}}',
    '{"constructor":"ping"}',
    '{"type":"joinGroup"}',
    '{"type":"joinGroup","group":7}',
    '{"type":"joinGroup","group":"  "}',
    `{"type":"joinGroup","group":"${"g".repeat(1_025)}"}`,
    '{"type":"joinGroup","group":"g","ackId":-1}',
    '{"type":"joinGroup","group":"g","ackId":1.5}',
    '{"type":"joinGroup","group":"g","ackId":"1"}',
    '{"type":"joinGroup","group":"g","ackId":18446744073709551616}',
    '{"type":"sendToGroup","group":"g"}',
    '{"type":"sendToGroup","group":"g","data":null}',
    '{"type":"sendToGroup","group":"g","dataType":"text","data":{}}',
    '{"type":"sendToGroup","group":"g","dataType":"binary","data":"A"}',
    '{"type":"sendToGroup","group":"g","dataType":"binary","data":"A=A="}',
    '{"type":"sendToGroup","group":"g","dataType":"protobuf","data":"AA=="}',
    '{"type":"sendToGroup","group":"g","dataType":"__proto__","data":"x"}',
    '{"type":"sendToGroup","group":"g","data":1,"noEcho":"yes"}',
    '{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}',
    '{"type":"sendToGroup","group":"g","data":1,"metadata":[]}',
    '{"type":"sendToGroup","group":"g","data":1,"metadata":{"k":1}}',
    '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a b":"v"}}',
    '{"type":"sendToGroup","group":"g","data":1,"metadata":{"k":"v","\\u006b":"v"}}',
    '{"type":"sendToGroup","group":"g","data":null,"metadata":{"k":"v"}}',
    '{"type":"event","event":"1st","data":1}',
    '{"type":"event","event":"e"}',
    '{"type":"sequenceAck","sequenceId":-1}',
    '{"type":"sequenceAck"}',
    '{"type":"streamData"}',
    '{"type":"streamData","streamId":"s","streamSequenceId":0,"data":1}',
    '{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":0}}',
    '{"type":"invoke","invocationId":"i","target":"group","event":"e"}',
    '{"type":"setGroupState","group":"g","state":{"a":"b","a":"c"}}',
  ])("closes with 1007: %s", (text) => {
    expect(json.decode(text)).toMatchObject({ ok: false, code: 1007 });
  });

  test("a binary frame closes with 1003", () => {
    expect(json.decode(new Uint8Array([123, 125]))).toMatchObject({ ok: false, code: 1003 });
  });

  test("deep nesting and a megabyte of base64 are just data", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const deepMessage = json.decode(`{"type":"sendToGroup","group":"g","data":${deep}}`);
    expect(deepMessage).toMatchObject({ ok: true, message: { payload: { literal: deep } } });
    const long = "A".repeat(1024 * 1024);
    const longMessage = json.decode(`{"type":"sendToGroup","group":"g","dataType":"binary","data":"${long}"}`);
    expect(longMessage.ok).toBe(true);
    const wrong = json.decode(`{"type":"sendToGroup","group":"g","dataType":"binary","data":"${long}!AAA"}`);
    expect(wrong.ok).toBe(false);
  });

  test("no text makes the decoder throw", () => {
    const nearly = fc
      .tuple(
        fc.constantFrom("joinGroup", "sendToGroup", "event", "sequenceAck", "invoke"),
        fc.jsonValue(),
        fc.jsonValue(),
      )
      .map(([type, group, data]) => JSON.stringify({ type, group, data, ackId: data, event: group, dataType: group }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearly), (text) => typeof json.decode(text).ok === "boolean"),
    );
  });
});

describe("encoding", () => {
  const group: Source = { from: "group", group: 'a"b', fromUserId: "ünï" };
  const text: Payload = { dataType: "text", literal: '"hi"' };
  const body = `"type":"message","from":"group","group":"a\\"b","fromUserId":"ünï","dataType":"text","data":"hi"}`;

  test("a data message is encoded once and has the documented key order", () => {
    const message = new Message(group, text);
    expect(frameText(message.frameFor(json))).toBe(`{${body}`);
    expect(message.frameFor(json)).toBe(message.frameFor(json));
  });

  test("a reliable data message has its number first and shares the rest", () => {
    const shared = new Message(group, text).frameFor(jsonReliable);
    const first = jsonReliable.sequenced(shared, 1);
    const later = jsonReliable.sequenced(shared, 123_456_789);
    expect(frameText(first)).toBe(`{"sequenceId":1,${body}`);
    expect(frameText(later)).toBe(`{"sequenceId":123456789,${body}`);
    expect(first.body).toBe(later.body);
  });

  test("the raw data of a client is passed on byte for byte", () => {
    const literal = '{ "b":1,\n "a":"\\u00e9" , "big":12345678901234567890}';
    const decoded = json.decode(`{"type":"sendToGroup","group":"g","data":${literal} }`);
    if (!decoded.ok || decoded.message.type !== "sendToGroup") throw new Error("not decoded");
    const message = new Message({ from: "server" }, decoded.message.payload);
    expect(frameText(message.frameFor(json))).toBe(
      `{"type":"message","from":"server","dataType":"json","data":${literal}}`,
    );
  });

  const error = { name: "BadRequest", message: "no" } as const;
  test.each<[ControlMessage, string]>([
    [
      { type: "connected", connectionId: "c", userId: "u", reconnectionToken: "t" },
      '{"type":"system","event":"connected","userId":"u","connectionId":"c","reconnectionToken":"t"}',
    ],
    [
      { type: "connected", connectionId: "c", userId: undefined, reconnectionToken: undefined },
      '{"type":"system","event":"connected","connectionId":"c"}',
    ],
    [{ type: "disconnected", message: "m" }, '{"type":"system","event":"disconnected","message":"m"}'],
    [
      { type: "ack", ackId: "18446744073709551615", error: undefined },
      '{"type":"ack","ackId":18446744073709551615,"success":true}',
    ],
    [
      { type: "ack", ackId: "1", error },
      '{"type":"ack","ackId":1,"success":false,"error":{"name":"BadRequest","message":"no"}}',
    ],
    [{ type: "pong" }, '{"type":"pong"}'],
    [
      { type: "streamAck", streamId: "s", expectedSequenceId: 3 },
      '{"type":"streamAck","streamId":"s","expectedSequenceId":3}',
    ],
    [{ type: "streamClosed", streamId: "s", error: undefined }, '{"type":"streamClosed","streamId":"s"}'],
    [
      { type: "streamClosed", streamId: "s", error },
      '{"type":"streamClosed","streamId":"s","error":{"name":"BadRequest","message":"no"}}',
    ],
    [
      { type: "invoked", invocationId: "i", reply: payload },
      '{"type":"invokeResponse","invocationId":"i","success":true,"dataType":"json","data":{"b": 1, "a":"\\u0041"}}',
    ],
    [
      { type: "invokeFailed", invocationId: "i", error },
      '{"type":"invokeResponse","invocationId":"i","success":false,"error":{"name":"BadRequest","message":"no"}}',
    ],
  ])("%o", (message, expected) => {
    for (const codec of [json, jsonReliable]) {
      const frame = codec.control(message);
      expect(frame === undefined ? undefined : frameText(frame)).toBe(expected);
    }
  });
});
