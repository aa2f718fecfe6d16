import { describe, expect, test } from "vitest";
import type { Cursor } from "y-webpubsub/core";
import type { Subject } from "./document-store.ts";
import {
  appendMany,
  appendOne,
  documentId,
  entriesOf,
  entryOf,
  expectProblem,
  readAll,
  start,
  storedCursor,
  unbounded,
} from "./fixtures.ts";

const document = documentId("a document");

export function registerLogRules(subject: Subject): void {
  describe("the log", () => {
    test("a document that was never written loads as null and has no entries", async () => {
      expect(await subject.store.load(document)).toBeNull();
      const read = await subject.store.entriesAfter(document, start, unbounded);
      expect(read).toEqual({ outcome: "entries", generation: 1, head: "", entries: [], more: false });
    });

    test("an entry is read back as it was written", async () => {
      const entry = entryOf("s", 1);
      const cursor = await appendOne(subject.store, document, entry);
      expect(await readAll(subject.store, document)).toEqual([{ ...entry, cursor }]);
      const loaded = await subject.store.load(document);
      expect(loaded).toMatchObject({ generation: 1, head: cursor, snapshot: null, claims: [] });
      expect(loaded?.entries).toEqual([{ ...entry, cursor }]);
      const { owners: _, update: __, ...row } = entry;
      expect(loaded?.sessions).toEqual([{ ...row, cursor }]);
    });

    test("DU2 the same upload again is a duplicate with the same cursor, also while the first is on its way", async () => {
      const first = subject.store.append(document, 1, entryOf("s", 1));
      const second = subject.store.append(document, 1, entryOf("s", 1));
      const cursor = storedCursor(await first);
      const duplicate = { outcome: "duplicate", cursor, seqTo: 10 };
      expect(await second).toEqual(duplicate);
      expect(await subject.store.append(document, 1, entryOf("s", 1))).toEqual(duplicate);
      expect(await readAll(subject.store, document)).toHaveLength(1);
    });

    test("DU2 the same number with another hash is a conflict, and nothing is stored", async () => {
      await appendOne(subject.store, document, entryOf("s", 1));
      expect(await subject.store.append(document, 1, entryOf("s", 1, "other"))).toEqual({ outcome: "conflict" });
      expect(await readAll(subject.store, document)).toHaveLength(1);
    });

    test("a number below the session's last is stale", async () => {
      await appendOne(subject.store, document, entryOf("s", 5));
      expect(await subject.store.append(document, 1, entryOf("s", 4))).toEqual({ outcome: "stale" });
      expect(await subject.store.append(document, 1, entryOf("another", 4))).toMatchObject({ outcome: "stored" });
    });

    test("another generation is refused with the one that is", async () => {
      const refused = { outcome: "generation-changed", generation: 1 };
      expect(await subject.store.append(document, 2, entryOf("s", 1))).toEqual(refused);
      await appendOne(subject.store, document, entryOf("s", 1));
      expect(await subject.store.append(document, 2, entryOf("s", 2))).toEqual(refused);
    });

    test("cursors have one length and sort in log order", async () => {
      const cursors = await appendMany(subject.store, document, "s", 40);
      expect([...cursors].sort()).toEqual(cursors);
      expect(new Set(cursors).size).toBe(40);
      expect(new Set(cursors.map((cursor) => cursor.length)).size).toBe(1);
    });

    test("a page keeps its bounds, says whether more follows, and has one entry at least", async () => {
      const cursors = await appendMany(subject.store, document, "s", 5);
      const page = (after: Cursor, entriesMax: number, bytesMax: number) =>
        subject.store.entriesAfter(document, after, { entriesMax, bytesMax });
      const head = cursors[4];
      const two = await page(start, 2, 1_000);
      expect(two).toMatchObject({ outcome: "entries", head, more: true });
      expect(entriesOf(two).map(({ cursor }) => cursor)).toEqual(cursors.slice(0, 2));
      const rest = await page(cursors[1] ?? start, 3, 1_000);
      expect(rest).toMatchObject({ outcome: "entries", head, more: false });
      expect(entriesOf(rest).map(({ cursor }) => cursor)).toEqual(cursors.slice(2));
      for (let upload = 6; upload <= 8; upload++) {
        await appendOne(subject.store, document, entryOf("s", upload, "x".repeat(1_000)));
      }
      expect(entriesOf(await page(head ?? start, 10, 2_500))).toHaveLength(2);
      const tiny = await page(start, 10, 1);
      expect(entriesOf(tiny)).toHaveLength(1);
      expect(tiny).toMatchObject({ more: true });
      const last = (await subject.store.load(document))?.head ?? start;
      const none = await page(last, 10, 1_000);
      expect(none).toEqual({ outcome: "entries", generation: 1, head: last, entries: [], more: false });
    });

    test("pages of any size put together are the log", async () => {
      const cursors = await appendMany(subject.store, document, "s", 30);
      for (const bounds of [
        { entriesMax: 1, bytesMax: 1_000 },
        { entriesMax: 7, bytesMax: 1_000 },
        { entriesMax: 1_000, bytesMax: 10 },
      ]) {
        const found: Cursor[] = [];
        for (let more = true; more; ) {
          const read = await subject.store.entriesAfter(document, found.at(-1) ?? start, bounds);
          found.push(...entriesOf(read).map(({ cursor }) => cursor));
          more = read.outcome === "entries" && read.more;
        }
        expect(found).toEqual(cursors);
      }
    });

    test("a cursor that the document never gave out is gone", async () => {
      const [cursor = start] = await appendMany(subject.store, document, "s", 1);
      const foreign = await appendOne(subject.store, documentId("another document"), entryOf("s", 1));
      const garbage = ["0", "x", "../..", "\u{1F4A9}", `${cursor}0`, cursor.slice(1), cursor.toUpperCase(), "~", " "];
      const future = `${cursor.slice(0, -1)}2`;
      for (const after of [...garbage, future, foreign, "9".repeat(cursor.length)]) {
        const read = await subject.store.entriesAfter(document, after as Cursor, unbounded);
        expect(read, `after ${after}`).toEqual({ outcome: "gone" });
      }
      const nothing = await subject.store.entriesAfter(documentId("never written"), cursor, unbounded);
      expect(nothing).toEqual({ outcome: "gone" });
    });

    test("appends at once over several documents: each is found once, in order", async () => {
      const documents = ["one", "two", "three", "four"].map(documentId);
      const jobs = Array.from({ length: 200 }, (_, index) => ({
        document: documents[index % 4] ?? document,
        entry: entryOf(`s${index}`, 1, `text ${index}`),
      }));
      const cursors = await Promise.all(jobs.map((job) => appendOne(subject.store, job.document, job.entry)));
      for (const document of documents) {
        const expected = jobs
          .flatMap((job, index) => (job.document === document ? { ...job.entry, cursor: cursors[index] } : []))
          .sort((a, b) => ((a.cursor ?? "") < (b.cursor ?? "") ? -1 : 1));
        expect(await readAll(subject.store, document)).toEqual(expected);
      }
    });

    test("a reader that follows the head while others append sees every entry once", async () => {
      const found: Cursor[] = [];
      const writers = Array.from({ length: 8 }, (_, index) => appendMany(subject.store, document, `s${index}`, 20));
      const settled = Promise.all(writers);
      let writing = true;
      const done = settled.then(() => {
        writing = false;
      });
      for (let last = false; !last; ) {
        last = !writing;
        found.push(...(await readAll(subject.store, document, found.at(-1))).map(({ cursor }) => cursor));
      }
      await done;
      expect(found).toEqual((await settled).flat().sort());
    });

    test("hostile document ids and sessions are names like any other", async () => {
      const names = [
        "constructor",
        "__proto__",
        "../..",
        "a/b?c#d%00",
        "\u{1F469}\u200D\u{1F4BB}",
        "x".repeat(256),
        "x",
        " ",
        "~",
      ];
      for (const name of names) await appendOne(subject.store, documentId(name), entryOf("__proto__", 1, name));
      for (const name of names) {
        const loaded = await subject.store.load(documentId(name));
        expect(loaded?.entries.map(({ update }) => new TextDecoder().decode(update))).toEqual([name]);
        expect(await subject.store.append(documentId(name), 1, entryOf("__proto__", 1, name))).toMatchObject({
          outcome: "duplicate",
        });
      }
    });

    test("what was written does not change with the caller's bytes, nor what was read with the reader's", async () => {
      const entry = entryOf("s", 1);
      const original = entry.update.slice();
      const appending = subject.store.append(document, 1, entry);
      await appending;
      entry.update.fill(0);
      const [read] = await readAll(subject.store, document);
      expect(read?.update).toEqual(original);
      read?.update.fill(0);
      expect((await readAll(subject.store, document))[0]?.update).toEqual(original);
    });

    test("DU3 reopening finds everything and goes on after it", async () => {
      const cursors = await appendMany(subject.store, document, "s", 10);
      const before = await subject.store.load(document);
      const store = await subject.reopen();
      expect(await store.load(document)).toEqual(before);
      expect(await store.append(document, 1, entryOf("s", 10))).toMatchObject({ outcome: "duplicate" });
      const next = await appendOne(store, document, entryOf("s", 11));
      expect(next > (cursors[9] ?? "")).toBe(true);
    });

    test("DU10 an upload after close is refused, never forgotten", async () => {
      await subject.store.close();
      await expectProblem(subject.store.append(document, 1, entryOf("s", 1)), "closed");
    });
  });
}
