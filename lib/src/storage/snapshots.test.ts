import { beforeEach, describe, expect, test } from "vitest";
import { type Cursor, type DocumentId, type SessionId, type SnapshotRef, sha256, type UserId } from "y-webpubsub/core";
import type { NewEntry, NewSnapshot, StoredDocument } from "../core/document-store.ts";
import { StoreError } from "../core/document-store.ts";
import { allOf, documentKey } from "./keys.ts";
import { storeLimits } from "./limits.ts";
import { MemoryStore } from "./memory.ts";
import { MemoryTable } from "./memory-table.ts";
import type { Changes } from "./table.ts";

const board = "board" as DocumentId;
const userId = "alice" as UserId;
const first = Buffer.from("what was drawn first");
const second = Buffer.from("what was drawn first, and the rest");

/** Changes a write on its way to the disk, or lets it fail. */
class Faulty extends MemoryTable {
  onWrite: (changes: Changes) => Changes = (changes) => changes;

  override async write(changes: Changes): Promise<void> {
    await super.write(this.onWrite(changes));
  }
}

function entryOf(upload: number): NewEntry {
  const update = Buffer.from(`text ${upload}`);
  const session = "s" as SessionId;
  return { session, userId, upload, seqTo: upload, hash: sha256(update), owners: [], atMs: 0, update };
}

function snapshotOf(payload: Uint8Array, { head, sessions }: StoredDocument): NewSnapshot {
  return { cursor: head, hash: sha256(payload), coverage: new Uint8Array(), claims: [], sessions, payload };
}

describe("DU11 the old snapshot and its log stay until the new one is there", () => {
  let table: Faulty;
  let store: MemoryStore;
  let before: StoredDocument;
  const { from, to } = allOf("payload", documentKey(board));
  beforeEach(async () => {
    table = new Faulty();
    store = new MemoryStore({ table });
    await store.open();
    await store.append(board, 1, entryOf(1));
    expect(await compact(first)).toBe("installed");
    await store.append(board, 1, entryOf(2));
    before = await stored();
  });

  const stored = async (): Promise<StoredDocument> => {
    const found = await store.load(board);
    if (found === null) throw new Error("nothing is stored");
    return found;
  };
  const compact = async (payload: Uint8Array) => {
    const now = await stored();
    const folded = now.entries.map(({ cursor }): Cursor => cursor);
    return store.compact(board, now.snapshot?.ref ?? null, snapshotOf(payload, now), folded);
  };
  const payloads = async () => (await table.read([{ from, to }]))[0]?.length;
  const expectUnchanged = async () => {
    expect(await stored()).toEqual(before);
    const ref = before.snapshot?.ref ?? ("" as SnapshotRef);
    expect((await store.payload(board, ref))?.payload).toEqual(new Uint8Array(first));
  };
  const expectNextInstalls = async () => {
    table.onWrite = (changes) => changes;
    expect(await compact(second)).toBe("installed");
    const { snapshot, entries } = await stored();
    expect(entries).toEqual([]);
    expect((await store.payload(board, snapshot?.ref ?? ("" as SnapshotRef)))?.payload).toEqual(new Uint8Array(second));
    // The current one and the one it replaced: nothing is left of the attempt that failed.
    expect(await payloads()).toBe(2);
  };

  test("when a byte of it changes on the way to the disk", async () => {
    table.onWrite = (changes) =>
      new Map([...changes].map(([key, value]) => [key, key >= from && key < to && value ? flipped(value) : value]));
    await expect(compact(second)).rejects.toMatchObject({ name: "StoreError", code: "corrupt" });
    await expectUnchanged();
    await expectNextInstalls();
  });

  test("when it never reaches the disk although the write succeeds", async () => {
    table.onWrite = (changes) => new Map([...changes].filter(([key]) => !(key >= from && key < to)));
    await expect(compact(second)).resolves.toBe("conflict");
    await expectUnchanged();
    await expectNextInstalls();
  });

  test.each([1, 2])("when write %i of the two fails", async (failing) => {
    let writes = 0;
    table.onWrite = (changes) => {
      writes += 1;
      if (writes === failing) throw new StoreError("not-durable", "said the test");
      return changes;
    };
    await expect(compact(second)).rejects.toMatchObject({ code: "not-durable" });
    await expectUnchanged();
    await expectNextInstalls();
  });
});

function flipped(value: Uint8Array): Uint8Array {
  const damaged = value.slice();
  const middle = value.length >> 1;
  damaged[middle] = (damaged[middle] ?? 0) ^ 1;
  return damaged;
}

test("DU11 replaced snapshots of a clock that was set back a day do not pile up", async () => {
  const table = new MemoryTable();
  const clock = { nowMs: 1_700_086_400_000 };
  const store = new MemoryStore({ table, now: () => clock.nowMs });
  await store.open();
  const refs: SnapshotRef[] = [];
  for (let round = 1; round <= storeLimits.replacedSnapshotsMax + 10; round++) {
    await store.append(board, 1, entryOf(round));
    const now = await store.load(board);
    if (now === null) throw new Error("nothing is stored");
    const folded = now.entries.map(({ cursor }) => cursor);
    await store.compact(board, now.snapshot?.ref ?? null, snapshotOf(first, now), folded);
    refs.push((await store.load(board))?.snapshot?.ref ?? ("" as SnapshotRef));
    if (round === 20) clock.nowMs -= 86_400_000;
  }
  const readable = await Promise.all(refs.map(async (ref) => (await store.payload(board, ref)) !== null));
  expect(readable.filter((is) => is)).toHaveLength(storeLimits.replacedSnapshotsMax + 1);
  expect(readable.lastIndexOf(false)).toBe(8);
  const [payloads = []] = await table.read([allOf("payload", documentKey(board))]);
  expect(payloads).toHaveLength(storeLimits.replacedSnapshotsMax + 1);
});
