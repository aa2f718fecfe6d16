import type { WebPubSubMessage } from "@azure/web-pubsub-client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDownstream } from "./downstream.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import { readPayload, writePayload } from "./payload.ts";
import { encodeUpstream } from "./upstream.ts";

const seed = Number(process.env["SEED"] ?? 1);
const runs = { seed, numRuns: 500 };

const id = fc.maxSafeNat();
const text = fc.string({ unit: "grapheme", maxLength: 300 });
const binary = fc.uint8Array({ maxLength: 300 });
const payload = fc.oneof(
  fc.record({ dataType: fc.constant("text" as const), data: text }),
  fc.record({ dataType: fc.constant("binary" as const), data: binary.map((bytes) => bytes.slice().buffer) }),
  fc.record({
    dataType: fc.constant("json" as const),
    data: fc
      .jsonValue()
      .filter((value) => value !== null)
      .map((value) => JSON.parse(JSON.stringify(value)) as object),
  }),
  fc.record({
    dataType: fc.constant("protobuf" as const),
    data: fc.tuple(text, binary).map(([url, value]) => new MessageWriter().text(1, url).bytes(2, value).finish()),
  }),
);

/** Buffers as lists of numbers, at any depth: toEqual does not look into an ArrayBuffer. */
function shown(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

/** Every field of one message, in order: numbers as they are, the rest as bytes. */
function fieldsOf(bytes: Uint8Array): readonly (readonly [number, number | Uint8Array])[] {
  const reader = new MessageReader(bytes);
  const fields: (readonly [number, number | Uint8Array])[] = [];
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    fields.push([Math.floor(tag / 8), tag % 8 === 0 ? reader.uint() : reader.bytes()]);
  }
  expect(reader.problem).toBeNull();
  return fields;
}

describe(`random messages come back as they went (seed ${seed})`, () => {
  test("payloads", () => {
    fc.assert(
      fc.property(payload, ({ dataType, data }) => {
        const reader = new MessageReader(new Uint8Array(writePayload(dataType, data).finish()));
        expect(shown(readPayload(reader))).toEqual(shown({ dataType, data }));
        expect(reader.problem).toBeNull();
      }),
      runs,
    );
  });

  test("data messages of the service, in any order of their fields", () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    fc.assert(
      fc.property(text, payload, fc.option(id), fc.boolean(), order, (group, sent, sequenceId, fromGroup, fields) => {
        const data = new MessageWriter();
        const write = [
          () => data.text(1, fromGroup ? "group" : "server"),
          () => (fromGroup ? data.text(2, group) : data),
          () => data.message(3, writePayload(sent.dataType, sent.data)),
          () => (sequenceId === null ? data : data.uint(4, sequenceId)),
          () => data.bytes(5, Uint8Array.of(0x0a, 1, 0x6b)),
        ];
        for (const field of fields) write[field]?.();
        const expected = {
          ok: true,
          value: {
            ...(fromGroup ? { kind: "groupData", group, fromUserId: "" } : { kind: "serverData" }),
            ...sent,
            ...(sequenceId === null ? {} : { sequenceId }),
          },
        };
        const decoded = decodeDownstream(new Uint8Array(new MessageWriter().message(2, data).finish()));
        expect(shown(decoded)).toEqual(shown(expected));
      }),
      runs,
    );
  });

  test("acks and system messages of the service", () => {
    fc.assert(
      fc.property(id, fc.boolean(), text, text, text, (ackId, success, first, second, third) => {
        const error = new MessageWriter().text(1, first).text(2, second);
        const ack = new MessageWriter().uint(1, ackId).bool(2, success).message(3, error);
        expect(decodeDownstream(new Uint8Array(new MessageWriter().message(1, ack).finish()))).toEqual({
          ok: true,
          value: { kind: "ack", ackId, success, error: { name: first, message: second } },
        });
        const connected = new MessageWriter().text(1, first).text(2, second).text(3, third);
        const system = new MessageWriter().message(1, connected);
        expect(decodeDownstream(new Uint8Array(new MessageWriter().message(3, system).finish()))).toEqual({
          ok: true,
          value: { kind: "connected", connectionId: first, userId: second, reconnectionToken: third },
        });
      }),
      runs,
    );
  });

  test("what the client sends to groups", () => {
    fc.assert(
      fc.property(text, payload, fc.option(id), fc.boolean(), (group, sent, ackId, noEcho) => {
        const message = { kind: "sendToGroup", group, noEcho, ...sent, ...(ackId === null ? {} : { ackId }) };
        const [[kind, inner] = [0, 0], ...rest] = fieldsOf(new Uint8Array(encodeUpstream(message as WebPubSubMessage)));
        expect([kind, rest]).toEqual([1, []]);
        expect(fieldsOf(inner as Uint8Array)).toEqual([
          [1, new TextEncoder().encode(group)],
          ...(ackId === null ? [] : [[2, ackId]]),
          [3, new Uint8Array(writePayload(sent.dataType, sent.data).finish())],
          ...(noEcho ? [[4, 1]] : []),
        ]);
      }),
      runs,
    );
  });
});

describe(`hostile bytes (seed ${seed})`, () => {
  const honest = new MessageWriter().message(
    2,
    new MessageWriter()
      .text(1, "group")
      .text(2, "room")
      .message(3, writePayload("json", { deep: [1, { x: "ü" }] }))
      .uint(4, 300),
  );
  const frame = new Uint8Array(honest.finish());

  test("any bytes are a message or a problem; nothing throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decodeDownstream(bytes);
        expect(decoded.ok ? decoded.value.kind : decoded.problem).toMatch(/^[a-zA-Z0-9-]+$/);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  test("an honest frame with bytes changed, and cut anywhere", () => {
    const change = fc.array(fc.tuple(fc.nat(frame.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(change, (changes) => {
        const bytes = frame.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const decoded = decodeDownstream(bytes);
        expect(decoded.ok ? decoded.value.kind : decoded.problem).toMatch(/^[a-zA-Z0-9-]+$/);
      }),
      { seed, numRuns: 5_000 },
    );
    for (let length = 0; length < frame.length; length++) {
      expect(decodeDownstream(frame.subarray(0, length)).ok).toBe(false);
    }
  });

  test("JSON 10,000 deep and a message in a message 10,000 deep", () => {
    const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
    const data = new MessageWriter().text(1, "server").message(3, new MessageWriter().text(4, deep));
    const decoded = decodeDownstream(new Uint8Array(new MessageWriter().message(2, data).finish()));
    expect(decoded.ok ? decoded.value.kind : decoded.problem).toMatch(/^(serverData|bad-json)$/);
    let nested: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 10_000; depth++) nested = new Uint8Array(new MessageWriter().bytes(3, nested).finish());
    expect(decodeDownstream(nested).ok).toBe(false);
  });
});
