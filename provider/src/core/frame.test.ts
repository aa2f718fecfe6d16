import { describe, expect, test } from "vitest";
import { belongsTo, decodeFrame, encodeFrame, type Frame } from "./frame.ts";
import { noticeSigningBytes } from "./notice.ts";
import type { Cursor, GroupName, UserId } from "./ports.ts";
import { makeSessionId, parseSender, senderName, sessionFromBytes, sessionToBytes } from "./session-id.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const random = new SeededRandom(7);
const session = makeSessionId(random);
const other = makeSessionId(random);
const bytes = Uint8Array.of(1, 2, 3);
const hash = new Uint8Array(32).fill(9);
const envelope = { group: "g" as GroupName, generation: 3, accessEpoch: 4, counter: 2 ** 40 };
const signature = new Uint8Array(64).fill(5);
const userId = "ada" as UserId;
const entry = { session: other, userId, seqFrom: 2, seqTo: 3, owners: [{ client: 7, userId }], update: bytes };

const frames: readonly Frame[] = [
  { kind: "edit", session, seqFrom: 1, seqTo: 2 ** 45, update: bytes, awareness: new Uint8Array(0) },
  { kind: "tail", session, seq: 300 },
  { kind: "chunk", session, seqFrom: 2, seqTo: 2, index: 1, count: 2, update: bytes },
  { kind: "pointer", session, seqFrom: 2, seqTo: 9, upload: 4, hash },
  { kind: "hello", session, round: 1, clientIds: [1, 2 ** 32 - 1] },
  { kind: "presence", session, clientIds: [], awareness: bytes },
  { kind: "bye", session },
  { kind: "ask", session, wanted: other, seqFrom: 1, seqTo: 1 },
  { kind: "broadcast", session, number: 7, bytes },
  { kind: "receipt", session, upload: 4, hash, cursor: "c9" as Cursor, seqTo: 300, signature },
  { kind: "card", session, certificate: bytes, clientIds: [7], awareness: bytes },
  { kind: "roster", session, cards: [bytes, new Uint8Array(0)] },
  { kind: "signed", counter: 9, inner: { kind: "tail", session, seq: 4 }, signature },
  { kind: "signed", counter: 2 ** 33, inner: { kind: "bye", session }, signature },
  { kind: "server", ...envelope, notice: { type: "stored", cursor: "c1" as Cursor }, signature },
  { kind: "server", ...envelope, notice: { type: "reject", session: other, upload: 3, hash }, signature },
  { kind: "server", ...envelope, notice: { type: "renegotiate" }, signature },
  { kind: "server", ...envelope, notice: { type: "bye", session: other }, signature },
  { kind: "server", ...envelope, notice: { type: "entries", entries: [entry, { ...entry, owners: [] }] }, signature },
];

describe("frames", () => {
  test.each(frames)("round trip of $kind", (frame) => {
    expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame });
  });

  test("the layout is the one of docs/protocol.md", () => {
    const encoded = encodeFrame({ kind: "tail", session, seq: 300 });
    expect([...encoded.subarray(0, 2)]).toEqual([1, 2]);
    expect(encoded.subarray(2, 14)).toEqual(sessionToBytes(session));
    expect([...encoded.subarray(14, 16)]).toEqual([0xac, 0x02]);
    expect(encoded.length).toBe(20);
  });

  test("ID3 each kind belongs to one group, the server's to both", () => {
    const data = frames.filter((frame) => belongsTo(frame, "data")).map(({ kind }) => kind);
    expect(new Set(data)).toEqual(new Set(["edit", "tail", "pointer", "chunk", "server", "signed"]));
    const presence = frames.filter((frame) => belongsTo(frame, "presence")).map(({ kind }) => kind);
    expect(new Set(presence)).toEqual(
      new Set(["hello", "presence", "bye", "ask", "broadcast", "receipt", "card", "roster", "server", "signed"]),
    );
  });

  test("every cut and every flipped bit is a problem, never a throw", () => {
    for (const frame of frames) {
      const encoded = encodeFrame(frame);
      for (let end = 0; end < encoded.length; end++) expect(decodeFrame(encoded.subarray(0, end)).ok).toBe(false);
      for (let at = 0; at < encoded.length * 8; at++) {
        const damaged = encoded.slice();
        damaged[at >> 3] = (damaged[at >> 3] ?? 0) ^ (1 << (at & 7));
        expect(decodeFrame(damaged).ok).toBe(false);
      }
    }
  });

  test("unknown versions, kinds and notices are problems of their own", () => {
    const encoded = encodeFrame({ kind: "bye", session });
    expect(decodeFrame(withChecksum([2, ...encoded.subarray(1, -4)]))).toEqual({
      ok: false,
      problem: "unknown-version",
    });
    expect(decodeFrame(withChecksum([1, 99]))).toEqual({ ok: false, problem: "unknown-kind" });
    expect(decodeFrame(withChecksum([...encoded.subarray(0, -4), 0]))).toEqual({
      ok: false,
      problem: "trailing-bytes",
    });
  });

  test("bodies of random bytes under a right checksum never throw, and what decodes encodes again (seed 11)", () => {
    const fuzz = new SeededRandom(11);
    const kinds = [1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23];
    let decodedCount = 0;
    for (let round = 0; round < 20_000; round++) {
      const body = Array.from({ length: fuzz.below(120) }, () =>
        fuzz.below(3) === 0 ? fuzz.below(256) : fuzz.below(20),
      );
      const decoded = decodeFrame(withChecksum([1, kinds[fuzz.below(kinds.length)] ?? 1, ...body]));
      if (!decoded.ok) continue;
      decodedCount++;
      expect(decodeFrame(encodeFrame(decoded.value))).toEqual(decoded);
    }
    expect(decodedCount).toBeGreaterThan(50);
  });

  test("ID5 a notice's signature covers each of its fields", () => {
    const notice = { ...envelope, notice: { type: "stored", cursor: "c1" as Cursor } } as const;
    const variants = [
      notice,
      { ...notice, group: "h" as GroupName },
      { ...notice, generation: 9 },
      { ...notice, accessEpoch: 9 },
      { ...notice, counter: 9 },
      { ...notice, notice: { type: "stored", cursor: "c2" as Cursor } } as const,
    ];
    expect(new Set(variants.map((variant) => noticeSigningBytes(variant).join())).size).toBe(variants.length);
  });
});

test("ID2 sessions and senders", () => {
  expect(sessionFromBytes(sessionToBytes(session))).toBe(session);
  const bert = "bert.the" as Parameters<typeof senderName>[1];
  expect(parseSender(senderName(session, bert))).toEqual({ session, userId: bert });
  for (const bad of ["", session, `${session}.`, `${session}x`, `x.${session}`]) expect(parseSender(bad)).toBeNull();
});

function withChecksum(content: readonly number[]): Uint8Array {
  let value = 0xffffffff;
  for (const byte of content) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  const sum = (value ^ 0xffffffff) >>> 0;
  return Uint8Array.from([...content, sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24]);
}
