import { describe, expect, test } from "vitest";
import type { Cursor, SnapshotRef } from "y-webpubsub/core";
import type { ChunkRef, VersionId } from "y-webpubsub-server/core";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import type { Subject } from "./document-store.ts";
import {
  appendMany,
  appendOne,
  claimOf,
  documentId,
  entryOf,
  readAll,
  snapshotOf,
  start,
  storedCursor,
  unbounded,
} from "./fixtures.ts";
import { allDocuments, entriesChunk, historic, keyframe, versionOf } from "./history-fixtures.ts";

const document = documentId("a document");
const payload = new TextEncoder().encode("folded");

export function registerHistoryRules(subject: Subject): void {
  describe("history", () => {
    test("HI1 chunks are put with the snapshot, or not at all", async () => {
      const store = historic(subject.store);
      const cursors = await appendMany(store, document, "s", 3);
      const last = cursors[2] ?? start;
      const chunks = [entriesChunk(start, last, "one"), keyframe(last, "frame")];
      const ghost = "s0" as SnapshotRef;
      expect(await store.compact(document, ghost, snapshotOf(payload, last), cursors, chunks)).toBe("conflict");
      expect(await store.chunks(document, start, 10)).toEqual([]);
      expect(await store.compact(document, null, snapshotOf(payload, last), cursors, chunks)).toBe("installed");
      const reopened = historic(await subject.reopen());
      const infos = await reopened.chunks(document, start, 10);
      expect(infos.map(({ kind }) => kind)).toEqual(["entries", "keyframe"]);
      const [first] = chunks;
      expect(infos[0]).toEqual({ ...first, payload: undefined, ref: infos[0]?.ref, payloadBytes: 3 });
      for (const [index, info] of infos.entries()) {
        expect(await reopened.chunk(document, info.ref)).toEqual(chunks[index]?.payload);
      }
    });

    test("HI1 chunks are listed by their end, those of one end together, after any cursor", async () => {
      const store = historic(subject.store);
      const [one = start, two = start, three = start] = await appendMany(store, document, "s", 3);
      const put = [keyframe(two, "f2"), entriesChunk(two, three, "c"), entriesChunk(start, one, "a")];
      await store.replaceChunks(document, 1, [], [...put, entriesChunk(one, two, "b")]);
      const ends = async (after: Cursor, max: number) =>
        (await store.chunks(document, after, max)).map(({ kind, to }) => [kind, to]);
      expect(await ends(start, 10)).toEqual([
        ["entries", one],
        ["entries", two],
        ["keyframe", two],
        ["entries", three],
      ]);
      expect((await ends(start, 2)).length).toBe(3);
      expect(await ends(one, 1)).toEqual([
        ["entries", two],
        ["keyframe", two],
      ]);
      expect(await ends(two, 10)).toEqual([["entries", three]]);
      expect(await ends(three, 10)).toEqual([]);
      expect(await store.chunks(documentId("another"), start, 10)).toEqual([]);
    });

    test("HI6 chunks are replaced in one step, and by one of two who try", async () => {
      const store = historic(subject.store);
      const [one = start, two = start] = await appendMany(store, document, "s", 2);
      await store.replaceChunks(document, 1, [], [entriesChunk(start, one, "a"), entriesChunk(one, two, "b")]);
      const refs = (await store.chunks(document, start, 10)).map(({ ref }) => ref);
      const answers = await Promise.all([
        store.replaceChunks(document, 1, refs, [entriesChunk(start, two, "merged")]),
        store.replaceChunks(document, 1, refs, [entriesChunk(start, two, "merged otherwise")]),
      ]);
      expect([...answers].sort()).toEqual(["conflict", "replaced"]);
      expect(await store.chunks(document, start, 10)).toHaveLength(1);
      for (const ref of refs) expect(await store.chunk(document, ref)).toBeNull();
      expect(await store.replaceChunks(document, 2, [], [entriesChunk(start, two, "x")])).toBe("conflict");
      expect(await store.chunk(document, "nothing" as ChunkRef)).toBeNull();
    });

    test("HI3 versions are listed newest first, renamed and removed", async () => {
      const store = historic(subject.store);
      const cursors = await appendMany(store, document, "s", 3);
      const versions = ["a1", "b2", "c3"].map((id, index) => versionOf(id, cursors[index] ?? start));
      for (const version of versions) expect(await store.putVersion(document, version)).toBe("stored");
      expect(await store.versions(document, null, 2)).toEqual([versions[2], versions[1]]);
      expect(await store.versions(document, "b2" as VersionId, 2)).toEqual([versions[0]]);
      const renamed = versionOf("b2", cursors[1] ?? start, { label: null, userId: null, kind: "automatic" });
      await store.putVersion(document, renamed);
      const reopened = historic(await subject.reopen());
      expect(await reopened.versions(document, null, 10)).toEqual([versions[2], renamed, versions[0]]);
      expect(await reopened.removeVersion(document, "b2" as VersionId)).toBe(true);
      expect(await reopened.removeVersion(document, "b2" as VersionId)).toBe(false);
      expect(await reopened.versions(document, null, 10)).toEqual([versions[2], versions[0]]);
      const future = versionOf("d4", cursors[0] ?? start, { generation: 2 });
      expect(await reopened.putVersion(document, future)).toBe("generation-changed");
    });

    test("SE2 an entry for an expected head is stored only there; a repetition is found first", async () => {
      const { store } = subject;
      const one = storedCursor(await store.append(document, 1, entryOf("s", 1), start));
      const late = await store.append(document, 1, entryOf("t", 1), start);
      expect(late).toEqual({ outcome: "head-changed", head: one });
      expect(await store.append(document, 1, entryOf("s", 1), start)).toMatchObject({ outcome: "duplicate" });
      const [won, lost] = await Promise.all([
        store.append(document, 1, entryOf("u", 1), one),
        store.append(document, 1, entryOf("v", 1), one),
      ]);
      expect([won.outcome, lost.outcome].sort()).toEqual(["head-changed", "stored"]);
      expect(await readAll(store, document)).toHaveLength(2);
    });

    test("SE4 a deletion leaves nothing, and writing makes the document again", async () => {
      const store = historic(subject.store);
      const cursors = await appendMany(store, document, "s", 2);
      const last = cursors[1] ?? start;
      await store.claim(document, [claimOf(1, "alice")]);
      await store.compact(document, null, snapshotOf(payload, last), cursors, [entriesChunk(start, last, "a")]);
      const ref = (await store.load(document))?.snapshot?.ref ?? ("" as SnapshotRef);
      await store.putVersion(document, versionOf("v", last));
      const kept = await appendOne(store, document, entryOf("t", 1));
      expect(await store.reset(document, 2, null)).toEqual({ outcome: "generation-changed", generation: 1 });
      expect(await store.reset(document, 1, null)).toEqual({ outcome: "reset", generation: 2 });
      const reopened = historic(await subject.reopen());
      const empty = { generation: 2, snapshot: null, entries: [], claims: [], sessions: [] };
      expect(await reopened.load(document)).toMatchObject(empty);
      expect(await reopened.payload(document, ref)).toBeNull();
      expect(await reopened.chunks(document, start, 10)).toEqual([]);
      expect(await reopened.versions(document, null, 10)).toEqual([]);
      expect(await reopened.quarantined(document)).toEqual([]);
      expect(await reopened.documents(null, 10)).toMatchObject([{ document, generation: 2, deleted: true }]);
      const gone = { outcome: "generation-changed", generation: 2 };
      expect(await reopened.append(document, 1, entryOf("s", 3))).toEqual(gone);
      expect(await reopened.entriesAfter(document, last, unbounded)).toEqual({ outcome: "gone" });
      const again = storedCursor(await reopened.append(document, 2, entryOf("s", 1)));
      expect([...cursors, kept].every((cursor) => cursor < again)).toBe(true);
      expect(await reopened.entriesAfter(document, kept, unbounded)).toEqual({ outcome: "gone" });
      expect((await readAll(reopened, document)).map(({ cursor }) => cursor)).toEqual([again]);
      expect(await reopened.documents(null, 10)).toMatchObject([{ document, head: again, deleted: false }]);
      const stale = snapshotOf(payload, again);
      expect(await reopened.compact(document, ref, stale, [again])).toBe("conflict");
    });

    test("SE4 a reset begins the next generation with a snapshot", async () => {
      const store = historic(subject.store);
      const cursors = await appendMany(store, document, "s", 2);
      const { cursor: _, ...content } = snapshotOf(payload, start);
      expect(await store.reset(document, 1, content)).toEqual({ outcome: "reset", generation: 2 });
      const loaded = await store.load(document);
      expect(loaded).toMatchObject({ generation: 2, entries: [], claims: content.claims });
      const head = loaded?.head ?? start;
      expect(loaded?.snapshot?.cursor).toBe(head);
      expect(cursors.every((cursor) => cursor < head)).toBe(true);
      const ref = loaded?.snapshot?.ref ?? ("" as SnapshotRef);
      expect((await store.payload(document, ref))?.payload).toEqual(payload);
      const next = storedCursor(await store.append(document, 2, entryOf("s", 1)));
      expect(await store.compact(document, ref, snapshotOf(payload, next), [next])).toBe("installed");
    });

    test("SE7 a whole document of any store is put where nothing was written, and only there", async () => {
      const source = new MemoryStore();
      await source.open();
      const cursors = await appendMany(source, document, "s", 2);
      const sessions = (await source.load(document))?.sessions ?? [];
      await source.close();
      const head = cursors[1] ?? start;
      const chunks = [entriesChunk(start, head, "a")];
      const versions = [versionOf("v", head)];
      const claims = [claimOf(9, "bob")];
      const backup = { generation: 1, head, snapshot: snapshotOf(payload, head), claims, sessions, chunks, versions };
      const store = historic(subject.store);
      const claimed = documentId("claimed");
      await store.claim(claimed, [claimOf(1, "alice")]);
      expect(await store.importDocument(claimed, { ...backup, head: start, snapshot: null })).toBe("exists");
      expect(await store.importDocument(document, backup)).toBe("imported");
      expect(await store.importDocument(document, backup)).toBe("exists");
      const target = historic(await subject.reopen());
      const loaded = await target.load(document);
      expect(loaded).toMatchObject({ generation: 1, head, entries: [], sessions });
      expect(loaded?.claims).toEqual([claimOf(7, "alice"), claimOf(9, "bob")]);
      const ref = loaded?.snapshot?.ref ?? ("" as SnapshotRef);
      expect((await target.payload(document, ref))?.payload).toEqual(payload);
      expect(await target.versions(document, null, 10)).toEqual(versions);
      const [info] = await target.chunks(document, start, 10);
      expect(info).toMatchObject({ after: start, to: head });
      expect(await target.append(document, 1, entryOf("s", 2))).toMatchObject({ outcome: "duplicate" });
      const next = storedCursor(await target.append(document, 1, entryOf("s", 3)));
      expect(next > head).toBe(true);
    });

    test("documents are listed once each, whatever their names, in pages of any size", async () => {
      const store = historic(subject.store);
      const names = [
        "a",
        "b/c",
        "__proto__",
        "zürich",
        "😀",
        "../..",
        "A",
        ...Array.from({ length: 20 }, (_, at) => `d${at}`),
      ];
      for (const name of names) await appendOne(store, documentId(name), entryOf("s", 1));
      for (const max of [1, 7, 100]) {
        const found = await allDocuments(store, max);
        expect([...found].sort()).toEqual([...names].sort());
        expect(found).toEqual(await allDocuments(store, 3));
      }
    });

    test("DU9 the newest 100 quarantined uploads of a document are kept", async () => {
      const cursors = await appendMany(subject.store, document, "s", 103);
      for (const [index, cursor] of cursors.entries()) {
        const { session, upload, hash, update } = entryOf("s", index + 1);
        await subject.store.quarantine(document, { cursor, reason: "r", session, upload, hash, update });
      }
      const kept = await subject.store.quarantined(document);
      expect(kept.map(({ cursor }) => cursor)).toEqual(cursors.slice(3));
    });

    test("claims that a compaction forgets are free again", async () => {
      const cursors = await appendMany(subject.store, document, "s", 1);
      await subject.store.claim(document, [claimOf(1, "alice"), claimOf(2, "bob")]);
      const snapshot = snapshotOf(payload, cursors[0] ?? start);
      expect(await subject.store.compact(document, null, snapshot, cursors, [], [1, 5])).toBe("installed");
      expect((await subject.store.load(document))?.claims).toEqual([claimOf(2, "bob")]);
      expect(await subject.store.claim(document, [claimOf(1, "carol")])).toEqual([claimOf(1, "carol")]);
    });
  });
}
