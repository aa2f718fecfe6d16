import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesEqual, type Cursor, type DocumentId } from "y-webpubsub/core";
import type { DocumentStore } from "y-webpubsub-server/core";
import { appendMany, appendOne, claimOf, documentId, entryOf, expectProblem, snapshotOf, start } from "./fixtures.ts";
import type { SharedPlace } from "./shared-rules.ts";

/** A place whose stored bytes can be looked at and changed behind the store. */
export interface DamagedPlace extends SharedPlace {
  /** Everything stored of the document with this key (the digest of its id), by a name of its own. */
  stored(key: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Null removes. */
  overwrite(name: string, bytes: Uint8Array | null): Promise<void>;
}

const hurt = documentId("hurt");
const healthy = documentId("healthy");
const payload = new Uint8Array(70_000).map((_, index) => (index * 31) & 0xff);
/** Bytes of each stored value that are tried; every one with TEST_FULL. */
const triedOfEach = process.env["TEST_FULL"] ? 64 : 3;

/** DU10: whatever happens to stored bytes is found, is said, and is about one document. */
export function registerDamageContract(name: string, begin: () => DamagedPlace): void {
  describe(`${name} over damaged bytes`, () => {
    let place: DamagedPlace;
    beforeEach(async () => {
      place = begin();
      const store = await place.open();
      for (const document of [hurt, healthy]) await fill(store, document);
    });
    afterEach(() => place.close());

    test("DU10 a flipped bit anywhere is corrupt for its document, and nothing for the others", {
      timeout: 120_000,
    }, async () => {
      const stored = await place.stored(keyOf(hurt));
      expect(stored.size).toBeGreaterThan(2);
      for (const [name, bytes] of stored) {
        for (const at of placesIn(name, bytes.length)) {
          await place.overwrite(name, flipped(bytes, at));
          // A server that never saw it sound.
          const store = await place.open();
          await expectProblem(readEverything(store, hurt), "corrupt");
          await readEverything(store, healthy);
        }
        await place.overwrite(name, bytes);
      }
      await readEverything(await place.open(), hurt);
    });

    test("DU10 what is cut short or empty is corrupt, and sound again when it is put back", async () => {
      for (const [name, bytes] of await place.stored(keyOf(hurt))) {
        for (const left of [bytes.subarray(0, -1), bytes.subarray(0, 3), new Uint8Array()]) {
          await place.overwrite(name, left);
          await expectProblem(readEverything(await place.open(), hurt), "corrupt");
        }
        await place.overwrite(name, bytes);
      }
      await readEverything(await place.open(), hurt);
    });

    test("an upload to a damaged document is refused, others go on at the same moment", async () => {
      const before = await place.stored(keyOf(hurt));
      for (const [name, bytes] of before) await place.overwrite(name, flipped(bytes, bytes.length >> 1));
      const store = await place.open();
      const [bad, good] = await Promise.allSettled([
        store.append(hurt, 1, entryOf("s", 9)),
        store.append(healthy, 1, entryOf("s", 9)),
      ]);
      expect(bad).toMatchObject({ status: "rejected", reason: { name: "StoreError", code: "corrupt" } });
      expect(good).toMatchObject({ status: "fulfilled", value: { outcome: "stored" } });
    });
  });
}

/** Entries and a payload large enough to lie wherever the store keeps such things. */
async function fill(store: DocumentStore, document: DocumentId): Promise<void> {
  await store.claim(document, [claimOf(1, "alice")]);
  const folded = await appendMany(store, document, "s", 2);
  const cursor = folded.at(-1) ?? start;
  const rows = (await store.load(document))?.sessions ?? [];
  expect(await store.compact(document, null, snapshotOf(payload, cursor, rows), folded)).toBe("installed");
  for (let upload = 3; upload <= 6; upload++) {
    await appendOne(store, document, entryOf("s", upload, `${upload}`.repeat(20_000)));
  }
  const { session, upload, hash, update } = entryOf("s", 1);
  await store.quarantine(document, { cursor, reason: "test", session, upload, hash, update });
}

async function readEverything(store: DocumentStore, document: DocumentId): Promise<void> {
  const loaded = await store.load(document);
  expect(loaded?.entries).toHaveLength(document === healthy ? (loaded?.entries.length ?? 0) : 4);
  expect(loaded?.claims).toHaveLength(1);
  const after: Cursor = loaded?.snapshot?.cursor ?? start;
  await store.entriesAfter(document, after, { entriesMax: 100, bytesMax: 1_000_000 });
  const kept = loaded?.snapshot && (await store.payload(document, loaded.snapshot.ref));
  expect(kept && bytesEqual(kept.payload, payload)).toBe(true);
  expect(await store.quarantined(document)).toHaveLength(1);
}

function keyOf(document: DocumentId): string {
  return createHash("sha256").update(document).digest("base64url");
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  other[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  return other;
}

/** The first, the last, and some between that depend on the name: other ones for each value, the same in each run. */
function placesIn(name: string, length: number): number[] {
  const places = [0, length - 1];
  for (let tried = 0; tried < triedOfEach; tried++) {
    places.push(createHash("sha256").update(`${name.length} ${tried}`).digest().readUInt32BE() % length);
  }
  return places;
}
