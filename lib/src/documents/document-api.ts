import type { Cursor, DocumentId, UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { userIdOf } from "../access.ts";
import type { Collab } from "../collab.ts";
import type { Version, VersionId } from "../core/index.ts";
import type { Change } from "../history/content/difference.ts";
import { type EntryInfo, entriesBefore } from "../history/entries.ts";
import type { History } from "../history/history.ts";
import { historyLimits } from "../history/limits.ts";
import { Problem } from "../problems.ts";
import { historyOf } from "./call.ts";
import { compare, contentAt } from "./content.ts";
import type { Desk } from "./edits.ts";
import { reset, seed } from "./life.ts";
import { type Present, presentIn } from "./presence.ts";
import { restore } from "./restore.ts";
import type { Transactions } from "./transact.ts";

/** A version's id, or a cursor of the log. */
export type Position = { readonly version: string } | { readonly cursor: string };

export interface ByUser {
  /** Whom history names. Default: `server`. */
  readonly userId?: string;
}

export interface RestoreOptions extends ByUser {
  /** The same key within a day is the same restore, done once. Default: each call is one of its own. */
  readonly idempotencyKey?: string;
  /** Only if the log still ends there; else a `Problem` "head-changed". Default: wherever it ends. */
  readonly ifHead?: string;
}

/** A document, edited and looked at without HTTP and without `authorize`. Every method rejects with a `Problem` or a `StoreError`. */
export interface DocumentApi {
  /**
   * Calls `read` with the document at the head of its log, and answers what it returns. The Y.Doc is a copy that is
   * destroyed afterwards: changes to it go nowhere. A document that was never written is empty.
   */
  read<T>(read: (doc: Y.Doc) => T | Promise<T>): Promise<T>;
  /**
   * Calls `change` with the document, and answers what it returns once its changes are durable; live editors are told.
   * When it throws, nothing is written. One at a time for each document and process; what others write meanwhile is merged.
   */
  transact<T>(change: (doc: Y.Doc) => T | Promise<T>, by?: ByUser): Promise<T>;
  /** The content that the document begins with: written once, whoever of several servers asks first. False: it has begun. */
  seed(make: (doc: Y.Doc) => void, by?: ByUser): Promise<boolean>;
  /** Newest first, at most 100; `before`: the id of the last of the page before. */
  versions(before?: string): Promise<readonly Version[]>;
  /** Names what the log holds now. */
  createVersion(label: string, by?: ByUser): Promise<Version>;
  /** Who changed the document and when, newest first, at most 100; `before`: the cursor of the last of the page before. */
  entries(before?: string): Promise<readonly EntryInfo[]>;
  /** The document as it was, as a Y.Doc of the caller's own. */
  preview(at: Position): Promise<Y.Doc>;
  /** What is different; `to` default: now. At most 5,000 changes. */
  difference(from: Position, to?: Position): Promise<readonly Change[]>;
  /** Makes the document show what it showed, as an edit that everybody gets. Answers whether anything was different. */
  restore(at: Position, options?: RestoreOptions): Promise<boolean>;
  /** Ends this life of the document, with its history; editors load an empty one. Writing makes it again. */
  delete(): Promise<void>;
  /** Begins anew with the present content and without anything that led to it: no history, no deleted text. */
  reset(): Promise<void>;
  /** Who is connected now, by session; at most 1,000. */
  presence(): Promise<readonly Present[]>;
}

interface Tools extends Desk {
  readonly history: History;
}

export function documentApi(collab: Collab, document: DocumentId, transactions: Transactions): DocumentApi {
  const work = <T>(use: (tools: Tools) => Promise<T>): Promise<T> =>
    collab.during(collab.ready().then((opened) => use({ collab, opened, document, ...historyOf({ collab, opened }) })));
  return {
    read: (read) => collab.during(readNow(collab, document, read)),
    transact: (change, by) => work((tools) => transactions.run(tools, userOf(by), change)),
    seed: (make, by) => work((tools) => seed(tools, userOf(by), make)),
    versions: (before) =>
      work(({ history }) => history.list(document, (before ?? null) as VersionId | null, historyLimits.pageMax)),
    createVersion: (label, by) => work((tools) => createVersion(tools, label, userOf(by))),
    entries: (before) =>
      work(({ store }) => entriesBefore(store, document, (before ?? null) as Cursor | null, historyLimits.pageMax)),
    preview: (at) => work((tools) => preview(tools, at)),
    difference: (from, to) => work((tools) => difference(tools, from, to)),
    restore: (at, options) => work((tools) => restoreTo(tools, at, options)),
    delete: () => work(async (tools) => void (await reset(tools, { type: "nothing" }, null))),
    reset: () => work(async (tools) => void (await reset(tools, { type: "same" }, null))),
    presence: () => work((tools) => presentIn(tools)),
  };
}

function userOf({ userId = "server" }: ByUser = {}): UserId {
  return userIdOf(userId);
}

async function readNow<T>(collab: Collab, document: DocumentId, read: (doc: Y.Doc) => T | Promise<T>): Promise<T> {
  const { documents } = await collab.ready();
  const { payload } = await documents.log(document).fold();
  const doc = new Y.Doc();
  try {
    Y.applyUpdateV2(doc, payload);
    return await read(doc);
  } finally {
    doc.destroy();
  }
}

async function createVersion(tools: Tools, label: string, userId: UserId): Promise<Version> {
  const { collab, opened, document, history } = tools;
  if (label.length === 0 || label.length > historyLimits.labelLengthMax)
    throw new Problem("body-invalid", { what: "label" });
  const { generation, head: cursor } = await opened.documents.log(document).state();
  const words = { generation, cursor, kind: "named", label, userId, atMs: collab.parts.clock.now() } as const;
  const version = await history.create(document, words);
  if (version === null) throw new Problem("generation-changed");
  return version;
}

async function cursorOf({ history, document }: Tools, at: Position): Promise<Cursor> {
  if ("cursor" in at) return at.cursor as Cursor;
  const found = await history.find(document, at.version as VersionId);
  if (found === null) throw new Problem("version-not-found");
  return found.cursor;
}

async function preview(tools: Tools, at: Position): Promise<Y.Doc> {
  const update = await contentAt(tools, await cursorOf(tools, at), "update");
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}

async function difference(tools: Tools, from: Position, to?: Position): Promise<readonly Change[]> {
  const { opened, document } = tools;
  const until = to ? await cursorOf(tools, to) : (await opened.documents.log(document).state()).head;
  const json = await compare(tools, await cursorOf(tools, from), until);
  const { changes } = JSON.parse(new TextDecoder().decode(json)) as { readonly changes: readonly Change[] };
  return changes;
}

async function restoreTo(tools: Tools, at: Position, options: RestoreOptions = {}): Promise<boolean> {
  const { idempotencyKey, ifHead } = options;
  const done = await restore(tools, {
    at: await cursorOf(tools, at),
    userId: userOf(options),
    key: idempotencyKey ?? null,
    ifHead: (ifHead ?? null) as Cursor | null,
  });
  return done.changed;
}
