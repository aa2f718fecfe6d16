import { beforeEach, expect, test } from "vitest";
import type { Cursor } from "y-webpubsub/core";
import * as Y from "yjs";
import { compact } from "../core/compaction.ts";
import { DocumentLog } from "../core/document-log.ts";
import { Author, ada, board, LogUnderTest } from "../core/testing/log-under-test.ts";
import { History } from "./history.ts";
import { defaultHistory } from "./options.ts";
import { materialAt } from "./positions.ts";
import { perform, type Task } from "./tasks.ts";
import { thin } from "./thin.ts";

const start = "" as Cursor;
const day = 86_400_000;
const performer = { perform: async (task: Task) => perform(task) };

let it: LogUnderTest;
let history: History;
let author: Author;
let cursors: Cursor[];

/** Six days, each with five uploads and a compaction at its end. */
beforeEach(async () => {
  it = new LogUnderTest();
  await it.store.open();
  const { store, clock } = it;
  const failed = (_document: unknown, what: string, cause: unknown) => {
    throw new Error(what, { cause });
  };
  history = new History({ store, clock, performer, counters: { count: () => undefined }, failed });
  it.log = new DocumentLog(board, it.ports);
  author = new Author("s", 1);
  cursors = [];
  for (let passed = 0; passed < 6; passed++) {
    for (let round = 0; round < 5; round++) await type(`${passed}.${round} `);
    await fold();
    clock.advance(day);
  }
});

async function type(text: string): Promise<void> {
  const answer = await it.append(author.type(text).upload(), ada);
  if (answer.outcome !== "receipt") throw new Error(answer.outcome);
  cursors.push(answer.receipt.cursor);
}

async function fold(): Promise<void> {
  const { store, clock, ports } = it;
  const folder = { fold: ports.folder.fold };
  const keeper = { keep: history.keep.bind(history), kept: () => undefined };
  await compact(board, it.log, { store, clock, counters: { count: () => undefined }, folder, keeper });
}

async function textAt(at: Cursor): Promise<string | null> {
  const material = await materialAt(it.store, board, at);
  if (material === null) return null;
  const doc = new Y.Doc();
  Y.applyUpdate(doc, perform({ type: "content", at: material.job, format: "update" }).parts[0] ?? new Uint8Array());
  return doc.getText("t").toString();
}

function textsAt(): Promise<readonly (string | null)[]> {
  return Promise.all(cursors.map((cursor) => textAt(cursor)));
}

async function keyframes(): Promise<readonly Cursor[]> {
  const chunks = await it.store.chunks(board, start, 1_000);
  return chunks.filter(({ kind }) => kind === "keyframe").map(({ to }) => to);
}

function forget(keepMs: number): Promise<void> {
  return thin({ store: it.store, clock: it.clock, performer }, board, { ...defaultHistory, keepMs, detailedMs: 1e12 });
}

test("HI7 what is older than history is kept goes, up to a keyframe that is old enough", async () => {
  const before = await textsAt();
  const frames = await keyframes();
  expect(frames.length).toBeGreaterThan(1);
  await forget(2.5 * day);
  const old = frames.filter((to) => cursors.indexOf(to) < 20);
  const cut = cursors.indexOf(old.at(-1) ?? start);
  expect(cut).toBeGreaterThan(0);
  expect(await textsAt()).toEqual(before.map((text, index) => (index < cut ? null : text)));
  // The chain goes on where it was cut.
  await type("after");
  await fold();
  expect(await textAt(cursors.at(-1) ?? start)).toBe(`${before.at(-1)}after`);
  expect(await textAt(cursors[cut] ?? start)).toBe(before[cut]);
});

test("HI7 nothing goes that a named version needs; automatic versions before the cut go with it", async () => {
  const before = await textsAt();
  const [first, second] = (await keyframes()).map((to) => cursors.indexOf(to));
  if (first === undefined || second === undefined) throw new Error("There are keyframes.");
  const at = (index: number): Cursor => cursors[index] ?? start;
  const words = { generation: 1, userId: ada, atMs: 1 };
  const named = await history.create(board, { ...words, kind: "named", label: "V", cursor: at(second - 1) });
  await history.create(board, { ...words, kind: "automatic", label: null, cursor: at(first - 1) });
  await history.create(board, { ...words, kind: "automatic", label: null, cursor: at(second) });
  await forget(0);
  expect(await textsAt()).toEqual(before.map((text, index) => (index < first ? null : text)));
  expect((await history.list(board, null, 10)).map(({ cursor }) => cursor).sort()).toEqual([
    at(second - 1),
    at(second),
  ]);

  if (named !== null) await history.remove(board, named.id);
  await forget(0);
  expect((await textsAt())[second - 1]).toBeNull();
});

test("history that is kept for ever loses nothing", async () => {
  const before = await textsAt();
  await forget(defaultHistory.keepMs);
  expect(await textsAt()).toEqual(before);
});
