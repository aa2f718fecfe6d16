import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeLogPage,
  decodeSnapshot,
  decodeUpload,
  encodeLogPage,
  encodeSnapshot,
  encodeUpload,
} from "./http-body.ts";
import type { Cursor, LogPage, SessionId, SnapshotBody, UploadBatch, UserId } from "./ports.ts";
import { sessionFromBytes } from "./session-id.ts";

const session = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes): SessionId => sessionFromBytes(bytes));
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const cursor = text.map((value) => value as Cursor);
const userId = text.map((value) => value as UserId);
const number = fc.nat();
const bytes = fc.uint8Array({ maxLength: 60 });
const claim = fc.record({ client: number, userId });
const stored = fc.record({ session, seq: number });
const upload: fc.Arbitrary<UploadBatch> = fc
  .record({
    ...{ session, upload: number, seqTo: number, announce: fc.boolean(), adoption: fc.boolean(), update: bytes },
    live: fc.boolean(),
    beside: fc.array(fc.record({ client: number, session }), { maxLength: 3 }),
  })
  .map(({ live, beside, ...batch }) => ({
    ...batch,
    ...(live && batch.seqTo > 0 ? { seqFrom: 1 + (batch.upload % batch.seqTo) } : {}),
    ...(beside.length > 0 ? { neighbours: beside } : {}),
  }));
const entry = fc.record({
  cursor,
  session,
  userId,
  upload: number,
  seqTo: number,
  owners: fc.array(claim),
  update: bytes,
});
const page: fc.Arbitrary<LogPage> = fc.record({
  generation: number,
  head: cursor,
  next: cursor,
  more: fc.boolean(),
  entries: fc.array(entry, { maxLength: 5 }),
  sessions: fc.array(stored, { maxLength: 5 }),
});
const snapshot: fc.Arbitrary<SnapshotBody> = fc.record({
  generation: number,
  cursor,
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  coverage: bytes,
  claims: fc.array(claim, { maxLength: 5 }),
  sessions: fc.array(stored, { maxLength: 5 }),
  payload: bytes,
});

describe("HTTP bodies", () => {
  test("every body survives its own codec", () => {
    fc.assert(
      fc.property(upload, (value) => {
        expect(decodeUpload(encodeUpload(value))).toEqual({ ok: true, value });
      }),
    );
    fc.assert(
      fc.property(page, (value) => {
        expect(decodeLogPage(encodeLogPage(value))).toEqual({ ok: true, value });
      }),
    );
    fc.assert(
      fc.property(snapshot, (value) => {
        expect(decodeSnapshot(encodeSnapshot(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test("an upload's bytes are fixed", () => {
    const session = "AAAAAAAAAAAAAAAB" as SessionId;
    const value = {
      session,
      upload: 7,
      seqTo: 300,
      announce: true,
      adoption: false,
      update: Uint8Array.of(9),
    };
    const golden = "01" + "000000000000000000000001" + "07" + "ac02" + "01" + "0109";
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    expect(hex(encodeUpload(value))).toBe(golden);
    const beside = encodeUpload({ ...value, announce: false, neighbours: [{ client: 300, session }] });
    expect(hex(beside)).toBe(`${golden.slice(0, -6)}10010901ac02${golden.slice(2, 26)}`);
    const flagged = beside.map((byte) => (byte === 0x10 ? 0x20 : byte));
    expect(decodeUpload(flagged)).toEqual({ ok: false, problem: "unknown-flags" });
  });

  test("damaged bodies are a problem, never an exception", () => {
    const decoders = [decodeUpload, decodeLogPage, decodeSnapshot];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (damaged) => {
        for (const decode of decoders) decode(damaged);
      }),
    );
    fc.assert(
      fc.property(upload, fc.nat(), (value, at) => {
        const whole = encodeUpload(value);
        expect(decodeUpload(whole.subarray(0, at % whole.length)).ok).toBe(false);
        expect(decodeUpload(Uint8Array.of(...whole, 0))).toEqual({ ok: false, problem: "trailing-bytes" });
      }),
    );
    expect(decodeUpload(Uint8Array.of(2))).toEqual({ ok: false, problem: "unknown-version" });
  });
});
