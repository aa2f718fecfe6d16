import { describe, expect, test } from "vitest";
import type { Cursor, SnapshotRef } from "y-webpubsub/core";
import type { Subject } from "./document-store.ts";
import {
  appendMany,
  appendOne,
  claimOf,
  documentId,
  entryOf,
  expectProblem,
  hashOf,
  readAll,
  snapshotOf,
  start,
  unbounded,
} from "./fixtures.ts";

const document = documentId("a document");
const payload = new Uint8Array(5_000).map((_, index) => (index * 7) & 0xff);
const keptMs = 10 * 60_000;

/** Folds all there is into a snapshot. */
async function foldAll(subject: Subject, bytes: Uint8Array): Promise<SnapshotRef> {
  const stored = await subject.store.load(document);
  const folded = stored?.entries.map(({ cursor }) => cursor) ?? [];
  const base = stored?.snapshot?.ref ?? null;
  const snapshot = snapshotOf(bytes, stored?.head ?? start, stored?.sessions ?? []);
  expect(await subject.store.compact(document, base, snapshot, folded)).toBe("installed");
  const ref = (await subject.store.load(document))?.snapshot?.ref;
  expect(ref).toBeDefined();
  return ref ?? ("" as SnapshotRef);
}

export function registerSnapshotRules(subject: Subject): void {
  describe("snapshots", () => {
    test("DU11 a snapshot replaces the entries it folded and is read back as it was written", async () => {
      const cursors = await appendMany(subject.store, document, "s", 3);
      const rows = (await subject.store.load(document))?.sessions ?? [];
      const snapshot = snapshotOf(payload, cursors[2] ?? start, rows);
      expect(await subject.store.compact(document, null, snapshot, cursors)).toBe("installed");
      const loaded = await subject.store.load(document);
      const { payload: _, ...described } = snapshot;
      expect(loaded).toMatchObject({ head: cursors[2], entries: [], sessions: rows });
      expect(loaded?.snapshot).toMatchObject({ ...described, payloadBytes: payload.length });
      const kept = await subject.store.payload(document, loaded?.snapshot?.ref ?? ("" as SnapshotRef));
      expect(kept).toEqual({ info: loaded?.snapshot, payload });
    });

    test("DU11 a cursor older than the log is gone, the snapshot's own and later ones are not", async () => {
      const cursors = await appendMany(subject.store, document, "s", 4);
      const snapshot = snapshotOf(payload, cursors[2] ?? start);
      await subject.store.compact(document, null, snapshot, cursors.slice(0, 3));
      for (const after of [start, cursors[0], cursors[1]]) {
        expect(await subject.store.entriesAfter(document, after ?? start, unbounded)).toEqual({ outcome: "gone" });
      }
      expect((await readAll(subject.store, document, cursors[2])).map(({ cursor }) => cursor)).toEqual([cursors[3]]);
      expect(await readAll(subject.store, document, cursors[3])).toEqual([]);
    });

    test("DU11 exactly the folded entries go while others are appended", async () => {
      const early = await appendMany(subject.store, document, "early", 10);
      const snapshot = snapshotOf(payload, early[9] ?? start);
      const appending = Array.from({ length: 50 }, (_, index) =>
        appendOne(subject.store, document, entryOf(`late ${index}`, 1)),
      );
      const compacting = subject.store.compact(document, null, snapshot, early);
      const more = Array.from({ length: 50 }, (_, index) =>
        appendOne(subject.store, document, entryOf(`later ${index}`, 1)),
      );
      expect(await compacting).toBe("installed");
      const late = (await Promise.all([...appending, ...more])).sort();
      const loaded = await subject.store.load(document);
      expect(loaded?.entries.map(({ cursor }) => cursor)).toEqual(late);
      expect(loaded?.head).toBe(late.at(-1));
    });

    test("DU11 of two compactions on one base the second is a conflict and changes nothing", async () => {
      const cursors = await appendMany(subject.store, document, "s", 2);
      const at = cursors[1] ?? start;
      const other = payload.slice(1);
      const outcomes = await Promise.all([
        subject.store.compact(document, null, snapshotOf(payload, at), cursors),
        subject.store.compact(document, null, snapshotOf(other, at), cursors),
      ]);
      expect([...outcomes].sort()).toEqual(["conflict", "installed"]);
      const winner = outcomes[0] === "installed" ? payload : other;
      const loaded = await subject.store.load(document);
      expect(loaded?.snapshot?.hash).toEqual(hashOf(winner));
      const last = await appendOne(subject.store, document, entryOf("s", 3));
      expect(await subject.store.compact(document, null, snapshotOf(other, last), [last])).toBe("conflict");
      const ghost = "s" as SnapshotRef;
      expect(await subject.store.compact(document, ghost, snapshotOf(other, last), [last])).toBe("conflict");
      expect(await subject.store.load(document)).toMatchObject({ head: last, snapshot: loaded?.snapshot });
      expect(await readAll(subject.store, document, at)).toHaveLength(1);
    });

    test("DU11 a snapshot that would hide an entry it did not fold is a conflict", async () => {
      const cursors = await appendMany(subject.store, document, "s", 3);
      const hiding = subject.store.compact(document, null, snapshotOf(payload, cursors[2] ?? start), [
        ...cursors.slice(0, 1),
        ...cursors.slice(2),
      ]);
      expect(await hiding).toBe("conflict");
      expect((await readAll(subject.store, document)).map(({ cursor }) => cursor)).toEqual(cursors);
    });

    test("DU11 a replaced snapshot stays readable for ten minutes", async () => {
      await appendMany(subject.store, document, "s", 2);
      const first = await foldAll(subject, payload);
      await appendOne(subject.store, document, entryOf("s", 3));
      const second = await foldAll(subject, payload.slice(1));
      subject.clock.nowMs += keptMs - 1;
      expect((await subject.store.payload(document, first))?.payload).toEqual(payload);
      expect((await subject.store.payload(document, second))?.payload).toEqual(payload.slice(1));
      subject.clock.nowMs += 1;
      expect(await subject.store.payload(document, first)).toBeNull();
      await appendOne(subject.store, document, entryOf("s", 4));
      const third = await foldAll(subject, payload.slice(2));
      expect(await subject.store.payload(document, first)).toBeNull();
      expect((await subject.store.payload(document, second))?.payload).toEqual(payload.slice(1));
      expect((await subject.store.payload(document, third))?.payload).toEqual(payload.slice(2));
    });

    test("a snapshot that never was, or of another document, is null", async () => {
      await appendMany(subject.store, document, "s", 1);
      const ref = await foldAll(subject, payload);
      for (const name of ["", "x", "../..", "__proto__", `${ref}0`, ref.slice(0, -1)]) {
        expect(await subject.store.payload(document, name as SnapshotRef)).toBeNull();
      }
      expect(await subject.store.payload(documentId("another document"), ref)).toBeNull();
    });

    test("DU11 a payload that is not what its hash says is never installed", async () => {
      const cursors = await appendMany(subject.store, document, "s", 2);
      const wrong = { ...snapshotOf(payload, cursors[1] ?? start), hash: hashOf(payload.slice(1)) };
      await expectProblem(subject.store.compact(document, null, wrong, cursors), "corrupt");
      expect((await readAll(subject.store, document)).map(({ cursor }) => cursor)).toEqual(cursors);
      expect((await subject.store.load(document))?.snapshot).toBeNull();
      await foldAll(subject, payload);
    });

    test("DU2 session rows named by the snapshot and newer ones stay, older ones go", async () => {
      await appendOne(subject.store, document, entryOf("old", 1));
      await appendOne(subject.store, document, entryOf("kept", 1));
      const stored = await subject.store.load(document);
      const rows = stored?.sessions.filter(({ session }) => session.startsWith("kept")) ?? [];
      const folded = stored?.entries.map(({ cursor }) => cursor) ?? [];
      const newer = await appendOne(subject.store, document, entryOf("newer", 1));
      const snapshot = snapshotOf(payload, folded[1] ?? start, rows);
      expect(await subject.store.compact(document, null, snapshot, folded)).toBe("installed");
      const sessions = (await subject.store.load(document))?.sessions.map(({ session }) => session.replace(/-+$/, ""));
      expect(sessions?.sort()).toEqual(["kept", "newer"]);
      expect(await subject.store.append(document, 1, entryOf("kept", 1))).toMatchObject({
        outcome: "duplicate",
        cursor: folded[1],
      });
      expect(await subject.store.append(document, 1, entryOf("newer", 1))).toMatchObject({ cursor: newer });
    });

    test("cursors are not used again after compaction and reopening", async () => {
      const given = new Set<Cursor>(await appendMany(subject.store, document, "s", 3));
      const ref = await foldAll(subject, payload);
      const store = await subject.reopen();
      expect((await store.payload(document, ref))?.payload).toEqual(payload);
      const next = await appendOne(store, document, entryOf("s", 4));
      expect(given.has(next)).toBe(false);
      expect([...given].every((cursor) => cursor < next)).toBe(true);
    });

    test("claims stay when the log is folded", async () => {
      await subject.store.claim(document, [claimOf(1, "alice")]);
      await appendMany(subject.store, document, "s", 1);
      await foldAll(subject, payload);
      expect((await subject.store.load(document))?.claims).toEqual([claimOf(1, "alice")]);
    });
  });
}
