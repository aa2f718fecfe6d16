import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { protobuf, protobufReliable } from "webpubsub-local";
import { type Frame, Message, type Payload } from "webpubsub-local/core";
import { decodeDownstream, decodeUpstream, encodeAny, encodeUpstream } from "./protobuf-schema.ts";

/** Text that survives UTF-8: no half surrogates. */
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const group = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((name) => name.trim() !== "");
const event = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/);
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
const uint64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map(String);
const metadata = fc.dictionary(fc.stringMatching(/^[a-z0-9-]{1,20}$/), fc.stringMatching(/^[ -~]{0,40}$/), {
  maxKeys: 5,
});

/** A payload: how the oracle writes it, and what our codec must make of it. */
const data = fc.oneof(
  text.map((value) => ({ wire: { textData: value }, dataType: "text", bytes: Buffer.from(value, "utf8") })),
  bytes.map((value) => ({ wire: { binaryData: value }, dataType: "binary", bytes: value })),
  fc
    .jsonValue()
    .filter((value) => value !== null)
    .map((value) => JSON.stringify(value))
    .map((json) => ({ wire: { jsonData: json }, dataType: "json", bytes: Buffer.from(json, "utf8") })),
  // Not empty, for proto3 does not write what is empty and the oracle would not show it.
  fc
    .record({ typeUrl: group, value: fc.uint8Array({ minLength: 1 }).map((value) => Buffer.from(value)) })
    .map((value) => ({
      wire: { protobufData: value },
      dataType: "protobuf",
      bytes: encodeAny(value),
    })),
);
type Data = { readonly wire: object; readonly dataType: string; readonly bytes: Buffer };

const payload = ({ dataType, bytes: content }: Data, pairs: Record<string, string>) => ({
  dataType,
  bytes: content,
  ...(Object.keys(pairs).length === 0 ? {} : { metadata: new Map(Object.entries(pairs)) }),
});

const requests = fc.oneof(
  fc
    .record({
      group,
      ackId: fc.option(uint64, { nil: undefined }),
      noEcho: fc.option(fc.boolean(), { nil: undefined }),
      ttlSeconds: fc.option(fc.nat(300), { nil: undefined }),
      data,
      metadata,
    })
    .map((request) => ({
      wire: { sendToGroupMessage: { ...request, data: request.data.wire } },
      message: {
        type: "sendToGroup",
        group: request.group,
        ackId: request.ackId,
        noEcho: request.noEcho ?? false,
        ttlSeconds: request.ttlSeconds,
        payload: payload(request.data, request.metadata),
      },
    })),
  fc.record({ event, ackId: fc.option(uint64, { nil: undefined }), data, metadata }).map((request) => ({
    wire: { eventMessage: { ...request, data: request.data.wire } },
    message: {
      type: "event",
      event: request.event,
      ackId: request.ackId,
      payload: payload(request.data, request.metadata),
    },
  })),
  fc
    .record({ group, ackId: fc.option(uint64, { nil: undefined }) })
    .chain((request) =>
      fc.constantFrom(
        { wire: { joinGroupMessage: request }, message: { type: "joinGroup", ...request } },
        { wire: { leaveGroupMessage: request }, message: { type: "leaveGroup", ...request } },
      ),
    ),
  fc.nat().map((sequenceId) => ({
    wire: { sequenceAckMessage: { sequenceId } },
    message: { type: "sequenceAck", sequenceId },
  })),
  fc.constant({ wire: { pingMessage: {} }, message: { type: "ping" } }),
);

const whole = ({ head, body }: Frame) => Buffer.concat(head === undefined ? [body] : [head, body]);

describe("our protobuf codec against protobufjs", () => {
  test("what it writes for a client, we read", () => {
    fc.assert(
      fc.property(requests, ({ wire, message }) => {
        expect(protobuf.decode(encodeUpstream(wire))).toEqual({ ok: true, message });
      }),
      { numRuns: 1_000 },
    );
  });

  test("what we write for a member, it reads, numbered or not", () => {
    const source = fc.oneof(
      fc.constant({ from: "server" } as const),
      group.map((name) => ({ from: "group", group: name, fromUserId: "ada" }) as const),
    );
    fc.assert(
      fc.property(source, data, metadata, fc.nat(), (from, sent, pairs, sequenceId) => {
        const message = new Message(from, payload(sent, pairs) as Payload);
        const expected = {
          from: from.from,
          ...(from.from === "group" ? { group: from.group } : {}),
          data: sent.wire,
          ...(Object.keys(pairs).length === 0 ? {} : { metadata: pairs }),
        };
        const plain = decodeDownstream(whole(message.frameFor(protobuf)));
        expect(plain).toEqual({ dataMessage: expected });
        const numbered = protobufReliable.sequenced(message.frameFor(protobufReliable), sequenceId);
        expect(decodeDownstream(whole(numbered))).toEqual({
          dataMessage: { ...expected, sequenceId: String(sequenceId) },
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test("whatever bytes we take for a message, it takes for the same kind of message", () => {
    const bent = fc
      .tuple(requests, fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([{ wire }, changes]) => {
        const frame = encodeUpstream(wire);
        for (const [at, value] of changes) frame[at % frame.length] = value;
        return frame;
      });
    const kinds: Readonly<Record<string, string>> = {
      sendToGroup: "sendToGroupMessage",
      event: "eventMessage",
      joinGroup: "joinGroupMessage",
      leaveGroup: "leaveGroupMessage",
      sequenceAck: "sequenceAckMessage",
      ping: "pingMessage",
    };
    let taken = 0;
    fc.assert(
      fc.property(bent, (frame) => {
        const decoded = protobuf.decode(frame);
        const kind = decoded.ok ? kinds[decoded.message.type] : undefined;
        if (kind === undefined) return;
        taken += 1;
        expect(decodeUpstream(frame)).toHaveProperty(kind);
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
