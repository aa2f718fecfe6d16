import { beforeEach, describe, expect, test } from "vitest";
import { type Cursor, digestOf, sha256, type UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { compact, isDue } from "./compaction.ts";
import type { StoredEntry } from "./document-store.ts";
import { Documents, type DocumentsPorts } from "./documents.ts";
import { foldDocument } from "./fold.ts";
import { compactionLimits, logLimits } from "./limits.ts";
import type { FoldJob } from "./ports.ts";
import { Author, ada, board, LogUnderTest, opened, sessionId } from "./testing/log-under-test.ts";

describe("compaction", () => {
  let it: LogUnderTest;
  let author: Author;
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    author = new Author("s", 1);
  });

  async function write(...texts: readonly string[]): Promise<void> {
    for (const text of texts) expect((await it.append(author.type(text).upload())).outcome).toBe("receipt");
  }
  const run = () => compact(board, it.log, it.ports);
  const stored = async () => {
    const found = await it.store.load(board);
    if (!found) throw new Error("nothing is stored");
    return found;
  };

  test("DU11 folds the log into a snapshot with the document's digest, and reads go on", async () => {
    await write("a", "b", "c");
    author.doc.getText("t").delete(0, 1);
    await write("d");
    const { head } = await stored();
    expect(await run()).toMatchObject({ outcome: "installed", folded: 4, rejected: [] });
    const { snapshot, entries } = await stored();
    expect([entries, snapshot?.cursor]).toEqual([[], head]);
    const body = snapshot && (await it.log.snapshot(snapshot.ref));
    if (!body) throw new Error("no snapshot");
    expect([...sha256(body.payload)]).toEqual([...body.hash]);
    expect([...digestOf(opened(body.payload))]).toEqual([...digestOf(author.doc)]);
    expect(body).toMatchObject({ generation: 1, cursor: head, claims: [{ client: 1, userId: ada }] });
    expect(body.sessions).toEqual([{ session: sessionId("s"), seq: 4 }]);
    expect(await it.log.head(head, digestOf(author.doc), 1)).toMatchObject({ head: { match: true } });
    expect(await it.log.page("" as Cursor, 1)).toEqual({ outcome: "cursor-gone", snapshot: snapshot?.ref });
    await write("e");
    it.log = it.another();
    expect([...(await it.log.fold()).digest]).toEqual([...digestOf(author.doc)]);
  });

  test("DU2 an upload that was folded gets its receipt again, also from another server", async () => {
    const batch = author.type("a").upload();
    const first = await it.append(batch);
    await run();
    it.log = it.another();
    expect(await it.append(batch)).toEqual({ ...first, owners: [], repeated: true });
  });

  test("DU11 what is appended while it folds stays in the log", async () => {
    await write("a", "b");
    const late = author.type("late").upload();
    const folder = {
      fold: async (job: FoldJob) => {
        await it.append(late);
        return foldDocument(job);
      },
    };
    expect(await compact(board, it.log, { ...it.ports, folder })).toMatchObject({ outcome: "installed", folded: 2 });
    expect((await stored()).entries.map(({ upload }) => upload)).toEqual([3]);
    expect([...(await it.log.fold()).digest]).toEqual([...digestOf(author.doc)]);
  });

  test("DU11 of two servers that compact at once one is installed, and nothing is lost", async () => {
    await write("a", "b");
    const outcomes = await Promise.all([run(), compact(board, it.another(), it.ports)]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["conflict", "installed"]);
    expect([...(await it.log.fold()).digest]).toEqual([...digestOf(author.doc)]);
  });

  test("DU9 an entry that cannot be applied is quarantined and answered, the others are folded", async () => {
    await write("a");
    const update = Uint8Array.of(1, 1, 9, 0, 99, 9);
    const bad = {
      session: sessionId("bad"),
      userId: ada,
      upload: 1,
      seqTo: 1,
      hash: sha256(update),
      owners: [],
      atMs: 0,
    };
    await it.store.append(board, 1, { ...bad, update });
    it.log.forget();
    await write("b");
    const done = await run();
    expect(done).toMatchObject({ outcome: "installed", folded: 3, rejected: [{ session: bad.session, upload: 1 }] });
    expect(await it.store.quarantined(board)).toMatchObject([{ reason: "cannot-be-applied", session: bad.session }]);
    expect(it.counted).toContain("entries-quarantined");
    expect([...(await it.log.fold()).digest]).toEqual([...digestOf(author.doc)]);
  });

  test("DU11 a snapshot that reads back as less is not installed", async () => {
    await write("a");
    expect((await run()).outcome).toBe("installed");
    await write("b");
    const before = await stored();
    const empty = foldDocument({ payload: null, updates: [] });
    const liar = { fold: async () => empty };
    await expect(compact(board, it.log, { ...it.ports, folder: liar })).rejects.toThrow(/less/);
    const changed = { fold: async (job: FoldJob) => ({ ...foldDocument(job), payload: empty.payload }) };
    await expect(compact(board, it.log, { ...it.ports, folder: changed })).rejects.toThrow(/hash/);
    // Its hash is right, and what the worker makes of it later is something else.
    const other = { ...empty, digest: sha256(new Uint8Array()) };
    const forgetful = { fold: async (job: FoldJob) => (job.updates.length > 0 ? foldDocument(job) : other) };
    await expect(compact(board, it.log, { ...it.ports, folder: forgetful })).rejects.toThrow(/reads back differently/);
    expect(await stored()).toEqual(before);
  });

  test("DU8 client ids that wrote nothing are forgotten, once their users were silent for a day", async () => {
    await it.log.negotiate("gone" as UserId, [70, 71], true);
    await it.log.negotiate(ada, [72], true);
    await write("a");
    await run();
    await write("b");
    await run();
    const owned = async () => (await stored()).claims.map(({ client }) => client);
    // Two compactions within seconds are no day: whoever holds a certificate for the id still needs it.
    expect(await owned()).toEqual([1, 70, 71, 72]);
    await it.log.negotiate("new" as UserId, [73], true);
    it.clock.advance(logLimits.sessionRowMs);
    await write("c");
    await run();
    expect(await owned()).toEqual([1, 72, 73]);
    it.clock.advance(logLimits.sessionRowMs - 1);
    await it.log.negotiate("new" as UserId, [73], true);
    it.clock.advance(1);
    await write("d");
    await run();
    expect(await owned()).toEqual([1, 72, 73]);
  });

  test("an empty log is nothing to do", async () => {
    expect(await run()).toEqual({ outcome: "nothing-to-do" });
    await write("a");
    await run();
    expect(await run()).toEqual({ outcome: "nothing-to-do" });
  });

  test("DU11 is due by bytes, by share of the snapshot, by count, and later when nobody pauses", () => {
    const tail = { bytes: 0, entries: 0, snapshotBytes: 0 };
    const { tailBytes, tailEntries, tailShare, urgentFactor } = compactionLimits;
    expect(isDue({ ...tail, bytes: tailBytes, entries: tailEntries }, true)).toBe(false);
    expect(isDue({ ...tail, bytes: tailBytes + 1 }, true)).toBe(true);
    expect(isDue({ ...tail, entries: tailEntries + 1 }, true)).toBe(true);
    expect(isDue({ ...tail, entries: tailEntries + 1 }, false)).toBe(false);
    expect(isDue({ ...tail, entries: urgentFactor * tailEntries + 1 }, false)).toBe(true);
    const large = { ...tail, snapshotBytes: 10_000_000 };
    expect(isDue({ ...large, bytes: tailShare * 10_000_000 }, true)).toBe(false);
    expect(isDue({ ...large, bytes: tailShare * 10_000_000 + 1 }, true)).toBe(true);
  });
});

describe("Documents", () => {
  let it: LogUnderTest;
  let documents: Documents;
  let rejected: StoredEntry[];
  let failures: unknown[];
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    rejected = [];
    failures = [];
    const ports: DocumentsPorts = {
      ...it.ports,
      rejected: (_document, _generation, entries) => rejected.push(...entries),
      compactionFailed: (_document, error) => failures.push(error),
    };
    documents = new Documents(ports);
  });

  async function write(author: Author, count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const answer = await documents.log(board).append(author.type("x").upload(), ada, 1);
      expect(answer.outcome).toBe("receipt");
      documents.appended(board);
    }
  }
  /** Until everything that can run without the clock has run. */
  const settle = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  test("DU11 compacts by itself 5 s after the last upload, once the tail is long enough", async () => {
    const author = new Author("s", 1);
    await write(author, compactionLimits.tailEntries + 1);
    it.clock.advance(compactionLimits.quietMs - 1);
    await settle();
    expect(it.counted).not.toContain("compactions-installed");
    it.clock.advance(1);
    await settle();
    expect(it.counted).toContain("compactions-installed");
    expect((await it.store.load(board))?.entries).toEqual([]);
    it.clock.advance(60_000);
    expect([failures, rejected, it.clock.waiting]).toEqual([[], [], 0]);
    await documents.close();
  });

  test("a short tail is left alone, and no timer stays", async () => {
    await write(new Author("s", 1), 3);
    for (let at = 0; at < 10; at++) {
      it.clock.advance(compactionLimits.quietMs);
      await settle();
    }
    expect((await it.store.load(board))?.entries).toHaveLength(3);
    expect(it.clock.waiting).toBe(0);
    await documents.close();
  });

  test("a compaction that fails is told, and the log is whole", async () => {
    const author = new Author("s", 1);
    await write(author, 2);
    it.store.compact = () => Promise.reject(new Error("said the test"));
    await documents.compact(board);
    expect(failures).toHaveLength(1);
    expect((await it.store.load(board))?.entries).toHaveLength(2);
    const doc = opened((await documents.log(board).fold()).payload);
    expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(author.doc));
    await documents.close();
    expect(it.clock.waiting).toBe(0);
  });
});
