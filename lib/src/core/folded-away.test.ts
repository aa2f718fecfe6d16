import { beforeEach, describe, expect, test } from "vitest";
import { type Cursor, type DocumentId, sha256, type UserId } from "y-webpubsub/core";
import type { StoredEntry } from "./document-store.ts";
import { Documents } from "./documents.ts";
import { FoldedAway } from "./folded-away.ts";
import { foldedLimits } from "./limits.ts";
import { Author, ada, board, LogUnderTest, sessionId } from "./testing/log-under-test.ts";

describe("DU11 who read along reads on after a compaction", () => {
  let it: LogUnderTest;
  let documents: Documents;
  let author: Author;
  const another = () => new Documents({ ...it.ports, rejected: () => undefined, compactionFailed: () => undefined });
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    documents = another();
    author = new Author("s", 1);
  });

  async function write(by: Documents, ...texts: readonly string[]): Promise<Cursor[]> {
    const cursors: Cursor[] = [];
    for (const text of texts) {
      const uploaded = await by.log(board).append(author.type(text).upload(), ada, 1);
      if (uploaded.outcome !== "receipt") throw new Error(uploaded.outcome);
      cursors.push(uploaded.receipt.cursor);
    }
    return cursors;
  }

  /** From a cursor to the end of the log, page after page: upload numbers, or how it ended. */
  async function read(by: Documents, after: Cursor): Promise<number[] | string> {
    const found: number[] = [];
    for (let cursor = after; ; ) {
      const paged = await by.log(board).page(cursor, 1);
      if (paged.outcome !== "page") return paged.outcome;
      const { entries, next, more, head } = paged.page;
      found.push(...entries.map(({ upload }) => upload));
      cursor = next;
      if (!more) return next === head ? found : "short";
    }
  }

  test("of what was folded, over several compactions, and of what came since", async () => {
    const [first = "" as Cursor, , third = "" as Cursor] = await write(documents, "a", "b", "c");
    await documents.compact(board);
    expect(await read(documents, first)).toEqual([2, 3]);
    expect(await read(documents, third)).toEqual([]);
    await write(documents, "d", "e");
    expect(await read(documents, first)).toEqual([2, 3, 4, 5]);
    await documents.compact(board);
    await write(documents, "f");
    expect(await read(documents, first)).toEqual([2, 3, 4, 5, 6]);
    expect(await read(documents, third)).toEqual([4, 5, 6]);
    const paged = await documents.log(board).page(first, 1);
    expect(paged).toMatchObject({ page: { sessions: [{ session: sessionId("s"), seq: 5 }] } });
  });

  test("for two minutes; who has nothing yet, or comes later, loads the snapshot", async () => {
    const [first = "" as Cursor] = await write(documents, "a", "b");
    await documents.compact(board);
    expect(await read(documents, "" as Cursor)).toBe("cursor-gone");
    it.clock.advance(foldedLimits.keptMs - 1);
    expect(await read(documents, first)).toEqual([2]);
    it.clock.advance(1);
    expect(await read(documents, first)).toBe("cursor-gone");
  });

  test("at the server that folded; where another folded on, the snapshot is loaded", async () => {
    const [first = "" as Cursor] = await write(documents, "a", "b");
    const other = another();
    await documents.compact(board);
    expect(await read(other, first)).toBe("cursor-gone");
    await write(other, "c");
    await other.compact(board);
    documents.log(board).forget();
    expect(await read(documents, first)).toBe("cursor-gone");
  });

  test("of the document's present life only", async () => {
    const [first = "" as Cursor] = await write(documents, "a", "b");
    await documents.compact(board);
    await it.store.reset(board, 1, null);
    documents.log(board).forget();
    expect(await documents.log(board).page(first, 1)).toMatchObject({ outcome: "generation-changed" });
    expect(await documents.log(board).page(first, 2)).toMatchObject({ outcome: "cursor-gone" });
  });

  test("DU9 of a compaction that put something aside nothing is read any more", async () => {
    const [first = "" as Cursor] = await write(documents, "a");
    const update = Uint8Array.of(1, 2, 3);
    const bad = { session: sessionId("bad"), userId: ada, upload: 1, seqTo: 1, hash: sha256(update), update };
    await it.store.append(board, 1, { ...bad, owners: [], atMs: it.clock.now() });
    await documents.compact(board);
    expect(it.counted).toContain("entries-quarantined");
    expect(await read(documents, first)).toBe("cursor-gone");
  });
});

describe("what is kept of it", () => {
  const nothing = "g1-000" as Cursor;
  const unbounded = { entriesMax: 1_000, bytesMax: Number.POSITIVE_INFINITY };
  const entry = (number: number, bytes: number): StoredEntry => ({
    cursor: `g1-${String(number).padStart(3, "0")}` as Cursor,
    session: sessionId("s"),
    userId: "ada" as UserId,
    upload: number,
    seqTo: number,
    hash: new Uint8Array(32),
    owners: [],
    atMs: 0,
    update: new Uint8Array(bytes),
  });
  const uploads = (folded: FoldedAway, document: DocumentId, after: Cursor, bounds = unbounded) =>
    folded.after({ document, generation: 1 }, after, bounds, 0)?.map(({ upload }) => upload) ?? null;

  test("a page is as large as it may be, and never empty", () => {
    const folded = new FoldedAway();
    folded.keep({ document: board, generation: 1 }, nothing, [entry(1, 10), entry(2, 10), entry(3, 10)], 0);
    expect(uploads(folded, board, nothing, { entriesMax: 2, bytesMax: 1_000 })).toEqual([1, 2]);
    expect(uploads(folded, board, nothing, { entriesMax: 9, bytesMax: 25 })).toEqual([1, 2]);
    expect(uploads(folded, board, nothing, { entriesMax: 9, bytesMax: 5 })).toEqual([1]);
  });

  test("of a large compaction the newest part, of many documents the newest compactions", () => {
    const folded = new FoldedAway();
    const half = foldedLimits.documentBytes / 2;
    folded.keep({ document: board, generation: 1 }, nothing, [entry(1, half), entry(2, half), entry(3, half)], 0);
    expect(uploads(folded, board, nothing)).toBeNull();
    expect(uploads(folded, board, entry(1, 0).cursor)).toEqual([2, 3]);
    const documents = Array.from({ length: 16 }, (_, index) => `document-${index}` as DocumentId);
    for (const document of documents) folded.keep({ document, generation: 1 }, nothing, [entry(1, 2 * half)], 0);
    expect(uploads(folded, board, entry(1, 0).cursor)).toBeNull();
    expect(documents.map((document) => uploads(folded, document, nothing))).toEqual(documents.map(() => [1]));
  });

  test("an entry that is too large is not kept, and what lies before a gap is not served", () => {
    const folded = new FoldedAway();
    folded.keep({ document: board, generation: 1 }, nothing, [entry(1, 10)], 0);
    folded.keep({ document: board, generation: 1 }, entry(1, 0).cursor, [entry(2, foldedLimits.documentBytes + 1)], 0);
    folded.keep({ document: board, generation: 1 }, entry(2, 0).cursor, [entry(3, 10)], 0);
    expect(uploads(folded, board, nothing)).toBeNull();
    expect(uploads(folded, board, entry(2, 0).cursor)).toEqual([3]);
  });
});
