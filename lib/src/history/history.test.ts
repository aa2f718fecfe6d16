import { beforeEach, describe, expect, test } from "vitest";
import type { Cursor, DocumentId, UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { compact } from "../core/compaction.ts";
import { DocumentLog } from "../core/document-log.ts";
import { Author, ada, board, eve, LogUnderTest, opened } from "../core/testing/log-under-test.ts";
import { MemoryStore } from "../storage/memory.ts";
import { exportDocument, importDocument } from "./backup.ts";
import { decodeEntries, encodeEntries } from "./chunk-codec.ts";
import { entriesBefore } from "./entries.ts";
import { History } from "./history.ts";
import { defaultHistory } from "./options.ts";
import { materialAt } from "./positions.ts";
import { perform } from "./tasks.ts";
import { thin } from "./thin.ts";

const start = "" as Cursor;

let it: LogUnderTest;
let history: History;

beforeEach(async () => {
  it = new LogUnderTest();
  await it.store.open();
  const { store, clock } = it;
  history = new History({
    ...{ store, clock },
    performer: { perform: async (task) => perform(task) },
    counters: { count: (name) => it.counted.push(name) },
    failed: (_document, what, error) => {
      throw new Error(what, { cause: error });
    },
  });
  const appended = history.appended.bind(history);
  it.log = new DocumentLog(board, { ...it.ports, appended });
});

function fold(): Promise<unknown> {
  const { store, clock } = it;
  const counters = { count: () => undefined };
  const folder = { fold: it.ports.folder.fold };
  return compact(board, it.log, { store, clock, counters, folder, keeper: history });
}

async function typed(author: Author, text: string, userId: UserId = ada): Promise<Cursor> {
  const answer = await it.append(author.type(text).upload(), userId);
  if (answer.outcome !== "receipt") throw new Error(answer.outcome);
  return answer.receipt.cursor;
}

async function textAt(at: Cursor, store = it.store): Promise<string | null> {
  const material = await materialAt(store, board, at);
  if (material === null) return null;
  const { parts } = perform({ type: "content", at: material.job, format: "update" });
  const doc = new Y.Doc();
  Y.applyUpdate(doc, parts[0] ?? new Uint8Array());
  return doc.getText("t").toString();
}

describe("history", () => {
  test("HI1 HI2 every position stays readable, whatever was folded", async () => {
    const author = new Author("s", 1);
    const positions: [Cursor, string][] = [[start, ""]];
    let text = "";
    for (let round = 0; round < 40; round++) {
      text += `${round} `;
      positions.push([await typed(author, `${round} `), text]);
      if (round % 6 === 5) await fold();
    }
    const chunks = await it.store.chunks(board, start, 1_000);
    expect(chunks.filter(({ kind }) => kind === "entries")).toHaveLength(6);
    expect(chunks.filter(({ kind }) => kind === "keyframe").length).toBeGreaterThan(0);
    for (const [cursor, wanted] of positions) expect(await textAt(cursor)).toBe(wanted);
    expect(await textAt("zzzz" as Cursor)).toBeNull();
    expect(await textAt(`${positions.at(-1)?.[0]}0` as Cursor)).toBeNull();
  });

  test("HI1 a document that was folded before history was kept begins with a keyframe", async () => {
    const author = new Author("s", 1);
    const lost = await typed(author, "lost ");
    const { store, clock } = it;
    const folder = { fold: it.ports.folder.fold };
    const second = await typed(author, "kept ");
    await compact(board, it.log, { store, clock, counters: { count: () => undefined }, folder });
    const third = await typed(author, "more");
    await fold();
    expect(await textAt(second)).toBe("lost kept ");
    expect(await textAt(third)).toBe("lost kept more");
    expect(await textAt(lost)).toBeNull();
  });

  test("who changed something is listed newest first, from log and chunks, in pages", async () => {
    const [one, two] = [new Author("s", 1), new Author("t", 2)];
    const cursors = [await typed(one, "a"), await typed(two, "b", eve)];
    await fold();
    cursors.push(await typed(one, "c"));
    const all = await entriesBefore(it.store, board, null, 10);
    expect(all.map(({ cursor }) => cursor)).toEqual([...cursors].reverse());
    expect(all.map(({ userId }) => userId)).toEqual([ada, eve, ada]);
    const first = await entriesBefore(it.store, board, null, 2);
    const rest = await entriesBefore(it.store, board, first.at(-1)?.cursor ?? null, 2);
    expect([...first, ...rest]).toEqual(all);
  });

  test("HI3 the state before a pause, and after each hour of editing, becomes a version", async () => {
    const author = new Author("s", 1);
    const before = await typed(author, "before the pause ");
    it.clock.advance(defaultHistory.pauseMs);
    await typed(author, "after it ");
    await history.close();
    expect(await history.list(board, null, 10)).toMatchObject([{ kind: "automatic", cursor: before, label: null }]);
    for (let minutes = 0; minutes < 125; minutes += 5) {
      it.clock.advance(300_000);
      await typed(author, "x");
    }
    await history.close();
    const versions = await history.list(board, null, 10);
    expect(versions.map(({ kind }) => kind)).toEqual(["automatic", "automatic", "automatic"]);
    expect([...versions].sort((a, b) => (a.id < b.id ? 1 : -1))).toEqual(versions);
  });

  test("HI3 a version is found, named, and removed by its id", async () => {
    const cursor = await typed(new Author("s", 1), "x");
    const words = { generation: 1, cursor, kind: "automatic", label: null, userId: null } as const;
    const made = await history.create(board, { ...words, atMs: 5 });
    await history.create(board, { ...words, atMs: 6 });
    const id = made?.id;
    if (id === undefined) throw new Error("The version was made.");
    expect(await history.rename(board, id, "Mine", ada)).toMatchObject({
      id,
      kind: "named",
      label: "Mine",
      userId: ada,
    });
    expect(await history.find(board, id)).toMatchObject({ label: "Mine" });
    expect(await history.remove(board, id)).toBe(true);
    expect(await history.find(board, id)).toBeNull();
    expect(await history.rename(board, id, "Again", ada)).toBeNull();
  });

  test("HI6 old uploads are merged by hour and user, never across a version", async () => {
    const [one, two] = [new Author("s", 1), new Author("t", 2)];
    const cursors: Cursor[] = [];
    for (let round = 0; round < 24; round++) {
      cursors.push(await typed(round < 16 ? one : two, `${round} `, round < 16 ? ada : eve));
      it.clock.advance(60_000);
      if (round % 8 === 7) await fold();
    }
    const pinned = cursors[5] ?? start;
    const texts = await Promise.all(cursors.map((cursor) => textAt(cursor)));
    await history.create(board, { generation: 1, cursor: pinned, kind: "named", label: "P", userId: ada, atMs: 1 });
    const ports = {
      store: it.store,
      clock: it.clock,
      performer: { perform: async (task: Parameters<typeof perform>[0]) => perform(task) },
    };
    await thin(ports, board);
    expect(await entriesBefore(it.store, board, null, 100)).toHaveLength(24);
    it.clock.advance(defaultHistory.detailedMs + 3_600_000);
    await thin(ports, board);
    const merged = await entriesBefore(it.store, board, null, 100);
    expect(merged.length).toBeLessThan(8);
    expect(merged.reduce((sum, { uploads }) => sum + uploads, 0)).toBe(24);
    for (const { cursor } of merged) expect(await textAt(cursor)).toBe(texts[cursors.indexOf(cursor)]);
    expect(await textAt(pinned)).toBe(texts[5]);
    expect(await textAt(cursors[23] ?? start)).toBe(texts[23]);
  });

  test("HI6 the oldest automatic versions beyond their number are forgotten", async () => {
    const cursor = await typed(new Author("s", 1), "x");
    const words = { generation: 1, cursor, label: null, userId: null } as const;
    for (let atMs = 1; atMs <= defaultHistory.automaticVersions + 3; atMs++) {
      await it.store.putVersion(board, {
        ...words,
        id: `a${String(atMs).padStart(6, "0")}` as never,
        kind: "automatic",
        atMs,
      });
    }
    await history.create(board, { ...words, kind: "named", label: "kept", atMs: 0 });
    await thin({ store: it.store, clock: it.clock, performer: { perform: async (task) => perform(task) } }, board);
    const left = await it.store.versions(board, null, 10_000);
    expect(left).toHaveLength(defaultHistory.automaticVersions + 1);
    expect(left.at(-1)?.label).toBe("kept");
    expect(left[0]?.atMs).toBe(defaultHistory.automaticVersions + 3);
  });

  test("entries that cannot be read are a problem, not an exception", () => {
    const entry = {
      cursor: "c" as Cursor,
      userId: ada,
      fromMs: 1_700_000_000_123,
      toMs: 1_700_000_000_999,
      uploads: 2,
    };
    const entries = [
      { ...entry, update: Uint8Array.of(1, 2) },
      { ...entry, fromMs: 5, toMs: 5, update: new Uint8Array() },
    ];
    const bytes = encodeEntries(entries);
    expect(decodeEntries(bytes)).toEqual({ ok: true, value: entries });
    for (let at = 0; at < bytes.length; at++) expect(decodeEntries(bytes.slice(0, at)).ok).toBe(false);
  });
});

describe("backups", () => {
  async function exported(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of exportDocument(it.store, board)) parts.push(part);
    return new Uint8Array(Buffer.concat(parts));
  }

  async function* whole(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length; at += 1_000) yield bytes.slice(at, at + 1_000);
  }

  async function emptyStore(): Promise<MemoryStore> {
    const store = new MemoryStore();
    await store.open();
    return store;
  }

  async function written(): Promise<readonly Cursor[]> {
    const author = new Author("s", 1);
    const cursors: Cursor[] = [];
    for (let round = 0; round < 10; round++) {
      cursors.push(await typed(author, `${round} `));
      if (round === 6) await fold();
    }
    await history.create(board, {
      generation: 1,
      cursor: cursors[3] ?? start,
      kind: "named",
      label: "V",
      userId: ada,
      atMs: 9,
    });
    return cursors;
  }

  test("SE7 a document with its history goes from one store to another, once", async () => {
    const cursors = await written();
    const bytes = await exported();
    const store = await emptyStore();
    expect(await importDocument(store, whole(bytes))).toEqual({ document: board, generation: 1 });
    const stored = await store.load(board);
    const ref = stored?.snapshot?.ref;
    const found = ref && (await store.payload(board, ref));
    expect(
      opened(found?.payload ?? new Uint8Array())
        .getText("t")
        .toString(),
    ).toBe("0 1 2 3 4 5 6 7 8 9 ");
    for (const cursor of cursors) expect(await textAt(cursor, store)).toBe(await textAt(cursor));
    expect(await store.versions(board, null, 10)).toEqual(await it.store.versions(board, null, 10));
    await expect(importDocument(store, whole(bytes))).rejects.toMatchObject({ code: "document-exists" });
    const other = importDocument(await emptyStore(), whole(bytes), "other" as DocumentId);
    await expect(other).rejects.toMatchObject({ code: "backup-invalid" });
  });

  test("SE7 a flipped byte and a file cut short anywhere are found, and nothing is put", async () => {
    await written();
    const bytes = await exported();
    const store = await emptyStore();
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      await expect(importDocument(store, whole(damaged))).rejects.toMatchObject({ code: "backup-invalid" });
      const cut = importDocument(store, whole(bytes.slice(0, at)));
      await expect(cut).rejects.toMatchObject({ code: "backup-invalid" });
    }
    expect(await store.load(board)).toBeNull();
  });

  test("a document that is not there cannot be exported", async () => {
    await expect(exported()).rejects.toMatchObject({ code: "document-missing" });
  });
});
