import { beforeEach, describe, expect, test } from "vitest";
import {
  type Cursor,
  digestOf,
  receiptSigningBytes,
  type SnapshotRef,
  sha256,
  type UploadBatch,
} from "y-webpubsub/core";
import * as Y from "yjs";
import { MemoryStore, MemoryTable } from "../storage/memory.ts";
import type { Uploaded } from "./document-answers.ts";
import { StoreError } from "./document-store.ts";
import { Author, ada, board, eve, LogUnderTest, opened, sessionId } from "./testing/log-under-test.ts";

describe("DocumentLog", () => {
  let it: LogUnderTest;
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
  });

  async function receipt(appended: Promise<Uploaded>) {
    const answer = await appended;
    if (answer.outcome !== "receipt") throw new Error(`no receipt: ${JSON.stringify(answer)}`);
    return answer.receipt;
  }
  async function stored(): Promise<string> {
    return opened((await it.log.fold()).payload)
      .getText("t")
      .toString();
  }

  test("DU3 a receipt names the upload, is signed, and comes again for the same upload", async () => {
    const batch = new Author("s", 1).type("hello").upload();
    const first = await receipt(it.append(batch));
    expect(first).toMatchObject({ generation: 1, session: batch.session, upload: 1, seqTo: 1 });
    expect([...first.hash]).toEqual([...sha256(batch.update)]);
    expect(it.signed).toEqual([receiptSigningBytes(board, first)]);
    expect(await it.append(batch)).toEqual({ outcome: "receipt", receipt: first, owners: [], repeated: true });
    it.log = it.another();
    expect(await it.append(batch)).toEqual({ outcome: "receipt", receipt: first, owners: [], repeated: true });
    expect((await it.store.load(board))?.entries).toHaveLength(1);
  });

  test("DU7 what was loaded anew while an entry was on its way does not lack it afterwards", async () => {
    const author = new Author("s", 1).type("first");
    let durable: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      durable = resolve;
    });
    const append = it.store.append.bind(it.store);
    it.store.append = (...words) => gate.then(() => append(...words));
    const first = receipt(it.append(author.upload()));
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    // A compaction, or another append that failed, made the log forget; somebody asked meanwhile.
    it.log.forget();
    expect((await it.log.state()).head).toBe("");
    durable();
    const { cursor } = await first;
    expect((await it.log.state()).head).toBe(cursor);
    await receipt(it.append(author.type("second").upload()));
  });

  test("DU3 no receipt, and nothing signed, before the append resolved", async () => {
    let durable: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      durable = resolve;
    });
    const append = it.store.append.bind(it.store);
    it.store.append = (...words) => gate.then(() => append(...words));
    let answered = false;
    const answer = it.append(new Author("s", 1).type("a").upload()).then((value) => {
      answered = true;
      return value;
    });
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect([answered, it.signed.length, it.log.busy]).toEqual([false, 0, true]);
    durable();
    expect((await answer).outcome).toBe("receipt");
    expect([it.signed.length, it.log.busy]).toEqual([1, false]);
  });

  test("DU3 after an unknown outcome the repeated upload gets its receipt and later ones build on it", async () => {
    const author = new Author("s", 1).type("hello");
    const first = author.upload();
    const append = it.store.append.bind(it.store);
    it.store.append = async (...words) => {
      await append(...words);
      throw new StoreError("unknown-outcome", "said the test");
    };
    await expect(it.append(first)).rejects.toMatchObject({ code: "unknown-outcome" });
    it.store.append = append;
    await receipt(it.append(first));
    await receipt(it.append(author.type(" world").upload()));
    expect(await stored()).toBe("hello world");
  });

  test("DU10 a log that cannot be loaded answers nothing, and works when it can be loaded again", async () => {
    await it.append(new Author("s", 1).type("hello").upload());
    it.log = it.another();
    const load = it.store.load.bind(it.store);
    it.store.load = () => Promise.reject(new StoreError("corrupt", "said the test"));
    const corrupt = { code: "corrupt" };
    await expect(it.append(new Author("t", 2).type("x").upload())).rejects.toMatchObject(corrupt);
    await expect(it.log.page("" as Cursor, 1)).rejects.toMatchObject(corrupt);
    await expect(it.log.negotiate(ada, [], true)).rejects.toMatchObject(corrupt);
    await expect(it.log.fold()).rejects.toMatchObject(corrupt);
    it.store.load = load;
    expect(await stored()).toBe("hello");
  });

  test("DU10 a snapshot whose payload is gone is an error, never the tail alone", async () => {
    await receipt(it.append(new Author("s", 1).type("hello").upload()));
    const { entries, head } = (await it.store.load(board)) ?? { entries: [], head: "" as Cursor };
    const { payload, hash, coverage } = await it.log.fold();
    const snapshot = { cursor: head, hash, coverage, payload, claims: [], sessions: [] };
    await it.store.compact(
      board,
      null,
      snapshot,
      entries.map(({ cursor }) => cursor),
    );
    it.log.forget();
    it.store.payload = async () => null;
    await expect(it.log.fold()).rejects.toBeInstanceOf(StoreError);
  });

  test("DU7 an upload waits for the one it builds on when that is on its way", async () => {
    const author = new Author("s", 1).type("a");
    const [one, two] = [author.upload(), author.type("b").upload()];
    const answers = await Promise.all([it.append(one), it.append(two)]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(["receipt", "receipt"]);
    expect(await stored()).toBe("ab");
  });

  test("SY2 pages carry entries, owners, and each live session's highest stored seq up to their end", async () => {
    const author = new Author("s", 1);
    const first = await receipt(it.append(author.type("a").upload()));
    const second = await receipt(it.append(author.type("b").upload()));
    const page = await it.log.page("" as Cursor, 1);
    if (page.outcome !== "page") throw new Error(page.outcome);
    expect(page.page).toMatchObject({ generation: 1, head: second.cursor, next: second.cursor, more: false });
    expect(page.page.entries.map(({ cursor }) => cursor)).toEqual([first.cursor, second.cursor]);
    expect(page.page.entries[0]?.owners).toEqual([{ client: 1, userId: ada }]);
    expect(page.page.sessions).toEqual([{ session: sessionId("s"), seq: 2 }]);
    it.clock.advance(11 * 60_000);
    const later = await it.log.page(second.cursor, 1);
    expect(later).toMatchObject({ page: { entries: [], sessions: [], next: second.cursor } });
    expect(await it.log.page("zz" as Cursor, 1)).toMatchObject({ outcome: "cursor-gone" });
    expect(await it.log.page("" as Cursor, 2)).toEqual({ outcome: "generation-changed", generation: 1 });
  });

  test("SY9 the head's digest is that of a document made of the log", async () => {
    const author = new Author("s", 1).type("hello");
    author.doc.getText("t").delete(0, 2);
    const { cursor } = await receipt(it.append(author.upload()));
    const digest = digestOf(author.doc);
    expect(await it.log.head(cursor, digest, 1)).toMatchObject({ head: { cursor, match: true, state: null } });
    author.doc.getText("t").delete(0, 1);
    const differs = await it.log.head(cursor, digestOf(author.doc), 1);
    if (differs.outcome !== "head") throw new Error(differs.outcome);
    expect(differs.head.match).toBe(false);
    expect([...sha256(differs.head.state ?? new Uint8Array())]).toEqual([...digest]);
    expect(await it.log.head("" as Cursor, digest, 1)).toMatchObject({ head: { cursor, match: null } });
  });

  test("ID4 the first user to claim a client id owns it; a reader claims nothing", async () => {
    expect(await it.log.negotiate(eve, [5], false)).toMatchObject({ clash: [], head: "", snapshot: null });
    expect((await it.log.negotiate(ada, [5, 6], true)).clash).toEqual([]);
    expect((await it.log.negotiate(eve, [5, 9], true)).clash).toEqual([5]);
    expect((await it.another().negotiate(eve, [5, 6], true)).clash).toEqual([5, 6]);
  });

  test("several servers over one store see each other's entries, whoever wrote between", async () => {
    const shared = new LogUnderTest(new MemoryStore({ shared: true, table: new MemoryTable() }));
    await shared.store.open();
    const [one, two] = [shared.another(), shared.another()];
    const [a, b] = [new Author("a", 1), new Author("b", 2)];
    for (let round = 0; round < 5; round++) {
      const uploads: UploadBatch[] = [a.type(`a${round}`).upload(), b.type(`b${round}`).upload()];
      const [first, second] = uploads;
      if (!first || !second) throw new Error("two uploads");
      const answers = await Promise.all([one.append(first, ada, 1), two.append(second, eve, 1)]);
      expect(answers.map(({ outcome }) => outcome)).toEqual(["receipt", "receipt"]);
      // Each goes on with what the other wrote, at the other server.
      Y.applyUpdate(a.doc, second.update);
      Y.applyUpdate(b.doc, first.update);
      const mixed = await two.append(a.type("+").upload(), ada, 1);
      expect(mixed.outcome).toBe("receipt");
      Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc));
    }
    const heads = await Promise.all([one.state(), two.state()]);
    expect(heads[0].head).toBe(heads[1].head);
    expect(heads[0].coverage.equals(heads[1].coverage)).toBe(true);
    expect([...(await one.fold()).digest]).toEqual([...digestOf(a.doc)]);
  });

  test("a snapshot that is not there is null", async () => {
    expect(await it.log.snapshot("s1" as SnapshotRef)).toBeNull();
  });
});
