import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cursor, type DocumentId, type SessionId, type SnapshotRef, sha256, type UserId } from "y-webpubsub/core";
import type { NewEntry } from "../core/document-store.ts";
import { allOf, documentKey, type RecordKind } from "./keys.ts";
import { LevelStore } from "./level.ts";
import { MemoryStore } from "./memory.ts";
import { MemoryTable } from "./memory-table.ts";
import type { RecordStore } from "./record-store.ts";
import type { KeyRange } from "./table.ts";

const hurt = "hurt" as DocumentId;
const healthy = "healthy" as DocumentId;
const bounds = { entriesMax: 100, bytesMax: 1_000_000 };
const userId = "alice" as UserId;
const corrupt = { name: "StoreError", code: "corrupt" };

interface Damaged {
  readonly store: RecordStore;
  /** Changes or removes (null) the stored records of a range, and opens the store again. */
  damage(range: KeyRange, change: (value: Uint8Array) => Uint8Array | null): Promise<void>;
  close(): Promise<void>;
}

function entryOf(upload: number): NewEntry {
  const update = Buffer.from(`text ${upload}`);
  const session = "s" as SessionId;
  return { session, userId, upload, seqTo: upload, hash: sha256(update), owners: [], atMs: 0, update };
}

/** Three entries folded, three after them, a claim, a quarantined upload. */
async function fill(store: RecordStore, document: DocumentId): Promise<void> {
  await store.claim(document, [{ client: 1, userId }]);
  for (let upload = 1; upload <= 3; upload++) await store.append(document, 1, entryOf(upload));
  const stored = await store.load(document);
  const payload = Buffer.from("the payload");
  const cursor = stored?.head ?? ("" as Cursor);
  const sessions = stored?.sessions ?? [];
  const snapshot = { cursor, hash: sha256(payload), coverage: new Uint8Array(), claims: [], sessions, payload };
  const folded = stored?.entries.map((entry) => entry.cursor) ?? [];
  expect(await store.compact(document, null, snapshot, folded)).toBe("installed");
  for (let upload = 4; upload <= 6; upload++) await store.append(document, 1, entryOf(upload));
  const { session, upload, hash, update } = entryOf(1);
  await store.quarantine(document, { cursor, reason: "test", session, upload, hash, update });
}

async function readEverything(store: RecordStore, document: DocumentId): Promise<void> {
  const loaded = await store.load(document);
  expect(loaded?.entries).toHaveLength(3);
  const after = loaded?.snapshot?.cursor ?? ("" as Cursor);
  expect(await store.entriesAfter(document, after, bounds)).toMatchObject({ outcome: "entries", more: false });
  const kept = await store.payload(document, loaded?.snapshot?.ref ?? ("" as SnapshotRef));
  expect(Buffer.from(kept?.payload ?? []).toString()).toBe("the payload");
  expect(await store.quarantined(document)).toHaveLength(1);
}

function flip(at: number): (value: Uint8Array) => Uint8Array {
  return (value) => value.map((byte, index) => (index === at % value.length ? byte ^ 0x10 : byte));
}

const kinds: readonly RecordKind[] = ["claim", "entry", "head", "payload", "quarantine", "session", "snapshot"];

function register(name: string, start: () => Promise<Damaged>): void {
  describe(name, () => {
    let place: Damaged;
    beforeEach(async () => {
      place = await start();
      await fill(place.store, hurt);
      await fill(place.store, healthy);
      await readEverything(place.store, hurt);
    });
    afterEach(() => place.close());

    for (const kind of kinds) {
      test(`DU10 a ${kind} record with a flipped bit or cut short is corrupt, for its document only`, async () => {
        const range = allOf(kind, documentKey(hurt));
        for (const change of [flip(0), flip(7), flip(1_000_003), (value: Uint8Array) => value.slice(0, -1)]) {
          const before = new Map<number, Uint8Array>();
          let count = 0;
          await place.damage(range, (value) => {
            before.set(before.size, value);
            return change(value);
          });
          expect(before.size).toBeGreaterThan(0);
          await expect(readEverything(place.store, hurt)).rejects.toMatchObject(corrupt);
          await readEverything(place.store, healthy);
          await place.damage(range, () => before.get(count++) ?? null);
          await readEverything(place.store, hurt);
        }
      });
    }

    for (const kind of ["entry", "head", "payload", "snapshot"] as const) {
      test(`DU10 a missing ${kind} record is corrupt, never less content`, async () => {
        await place.damage(allOf(kind, documentKey(hurt)), () => null);
        await expect(readEverything(place.store, hurt)).rejects.toMatchObject(corrupt);
        await readEverything(place.store, healthy);
      });
    }

    test("DU10 a log with a hole is corrupt, whether loaded or paged", async () => {
      const after = (await place.store.load(hurt))?.snapshot?.cursor ?? ("" as Cursor);
      let seen = 0;
      await place.damage(allOf("entry", documentKey(hurt)), (value) => (++seen === 2 ? null : value));
      await expect(place.store.load(hurt)).rejects.toMatchObject(corrupt);
      await expect(place.store.entriesAfter(hurt, after, bounds)).rejects.toMatchObject(corrupt);
    });

    test("an upload whose session row is damaged is refused, others of the same batch are stored", async () => {
      await place.damage(allOf("session", documentKey(hurt)), flip(3));
      const [bad, good] = await Promise.allSettled([
        place.store.append(hurt, 1, entryOf(7)),
        place.store.append(healthy, 1, entryOf(7)),
      ]);
      expect(bad).toMatchObject({ status: "rejected", reason: corrupt });
      expect(good).toMatchObject({ status: "fulfilled", value: { outcome: "stored" } });
    });
  });
}

register("a damaged MemoryStore", async () => {
  const table = new MemoryTable();
  const store = new MemoryStore({ table });
  await store.open();
  return {
    store,
    async damage(range, change) {
      const [records = []] = await table.read([range]);
      await table.write(new Map(records.map(({ key, value }) => [key, change(value)])));
    },
    close: () => store.close(),
  };
});

register("a damaged LevelStore", async () => {
  const path = await mkdtemp(join(tmpdir(), "y-webpubsub-damage-"));
  const store = new LevelStore({ path });
  await store.open();
  return {
    store,
    async damage({ from, to }, change) {
      await store.close();
      const database = new ClassicLevel<string, Uint8Array>(path, { valueEncoding: "view" });
      for (const [key, value] of await database.iterator({ gte: from, lt: to }).all()) {
        const changed = change(new Uint8Array(value));
        await (changed ? database.put(key, changed) : database.del(key));
      }
      await database.close();
      await store.open();
    },
    async close() {
      await store.close();
      await rm(path, { recursive: true });
    },
  };
});
