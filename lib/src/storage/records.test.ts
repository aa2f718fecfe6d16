import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cursor, DocumentId, SessionId, UserId } from "y-webpubsub/core";
import { StoreError } from "../core/document-store.ts";
import { cursorAt, documentKey, isCursorOf, positionOf } from "./keys.ts";
import {
  bytesRecord,
  claimRecord,
  entryRecord,
  headRecord,
  quarantineRecord,
  sessionRecord,
  snapshotRecord,
} from "./records.ts";

const codecs = { bytesRecord, claimRecord, entryRecord, headRecord, quarantineRecord, sessionRecord, snapshotRecord };
const seed = 20_261_121;

const entry = {
  session: "session" as SessionId,
  userId: "alice" as UserId,
  upload: 2 ** 40,
  seqTo: 7,
  hash: new Uint8Array(32).fill(9),
  owners: [{ client: 2 ** 32 - 1, userId: "alice" as UserId }],
  atMs: 1_700_000_000_000,
  update: new Uint8Array(300).fill(3),
  cursor: "cursor" as Cursor,
};

describe("records", () => {
  test("an entry is read back under its own key and no other", () => {
    const value = entryRecord.encode("key", entry);
    expect(entryRecord.decode("key", value)).toEqual(entry);
    expect(() => entryRecord.decode("other", value)).toThrow(StoreError);
  });

  test.each([0, 1, 127, 128, 16_384, 300_000])("%i bytes are read back, and are as many as they were told", (size) => {
    const bytes = new Uint8Array(size).map((_, at) => at * 31);
    const value = bytesRecord.encode("key", bytes);
    expect(Buffer.compare(bytesRecord.decode("key", value), bytes)).toBe(0);
    const longer = signed("key", new Uint8Array([...value.subarray(0, -4), 0]));
    expect(() => bytesRecord.decode("key", longer)).toThrow(StoreError);
  });

  test("every flipped bit of a record is found", () => {
    const value = entryRecord.encode("key", entry);
    for (let bit = 0; bit < value.length * 8; bit++) {
      const damaged = value.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => entryRecord.decode("key", damaged)).toThrow(StoreError);
    }
  });

  test("a record of a later version is refused", () => {
    const value = entryRecord.encode("key", entry);
    value[0] = 2;
    expect(() => entryRecord.decode("key", signed("key", value.subarray(0, -4)))).toThrow("unknown-version");
  });

  test(`any bytes, also with a right checksum, are a record or a StoreError (seed ${seed})`, () => {
    const body = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(body, fc.boolean(), (bytes, version) => {
        if (version) bytes[0] = 1;
        for (const value of [bytes, signed("key", bytes)]) {
          for (const codec of Object.values(codecs)) {
            try {
              codec.decode("key", value);
            } catch (error) {
              expect(error).toBeInstanceOf(StoreError);
            }
          }
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe("cursors", () => {
  const key = documentKey("a document" as DocumentId);

  test(`sort as generation and position do, and tell their position (seed ${seed})`, () => {
    const place = fc.record({ generation: fc.integer({ min: 1, max: 99_999 }), position: fc.nat() });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [a, b] = [cursorAt(key, one), cursorAt(key, other)];
        const order = one.generation - other.generation || one.position - other.position;
        expect(Math.sign(order)).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(positionOf(a)).toBe(one.position);
        expect(isCursorOf(key, a)).toBe(true);
        expect(a).toHaveLength(20);
      }),
      { seed },
    );
  });
});

function signed(key: string, body: Uint8Array): Uint8Array {
  const value = new Uint8Array(body.length + 4);
  value.set(body);
  new DataView(value.buffer).setUint32(body.length, crc32(body, crc32(key)), true);
  return value;
}
