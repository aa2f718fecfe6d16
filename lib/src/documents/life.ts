import { type Cursor, type DocumentId, type UserId, unreachable } from "y-webpubsub/core";
import * as Y from "yjs";
import type { Collab, Opened } from "../collab.ts";
import type { HistoryStore } from "../core/index.ts";
import { materialNow } from "../history/positions.ts";
import { groupsOf } from "../negotiate.ts";
import { Problem } from "../problems.ts";
import { type Desk, edit } from "./edits.ts";

/** How a generation goes on: with nothing, with what it held last, or with other content. */
export type NextContent =
  | { readonly type: "nothing" }
  | { readonly type: "same" }
  | { readonly type: "update"; readonly update: Uint8Array };

/**
 * SE4: ends the generation: log, history, claims and every earlier byte are gone from the store, and every editor has to
 * load the document anew. Answers the new generation.
 */
export async function reset(
  { collab, opened, store, document }: Desk,
  next: NextContent,
  ifHead: Cursor | null,
): Promise<number> {
  const log = opened.documents.log(document);
  return log.gate.shut(async () => {
    const now = await materialNow(store, document);
    if (ifHead !== null && ifHead !== now.head) throw new Problem("head-changed", { fields: { head: now.head } });
    const content = await contentOf(collab, next, now.job);
    const done = await store.reset(document, now.generation, content);
    log.forget();
    if (done.outcome === "generation-changed") {
      throw new Problem("generation-changed", { fields: { generation: done.generation } });
    }
    await tellToLeave(collab, opened, document, now.generation);
    if (next.type === "nothing") collab.webhooks?.happened("deleted", document, done.generation, "" as Cursor);
    collab.metrics.count(next.type === "nothing" ? "documents-deleted" : "documents-reset");
    return done.generation;
  });
}

type Content = Parameters<HistoryStore["reset"]>[2];

async function contentOf(
  collab: Collab,
  next: NextContent,
  now: Parameters<Collab["parts"]["folder"]["fold"]>[0],
): Promise<Content> {
  switch (next.type) {
    case "nothing":
      return null;
    case "same":
      return described(collab, now);
    case "update":
      return described(collab, { payload: null, updates: [next.update] });
    default:
      throw unreachable(next);
  }
}

/** Nobody owns what it begins with: its client ids are nobody's, and editors take new ones. */
async function described(
  collab: Collab,
  job: Parameters<Collab["parts"]["folder"]["fold"]>[0],
): Promise<NonNullable<Content>> {
  const { payload, hash, coverage, bad, waiting } = await collab.parts.folder.fold(job);
  if (bad.length + waiting.length > 0) throw new Problem("update-invalid", { what: "it is not a whole document" });
  return { payload, hash, coverage, claims: [], sessions: [] };
}

/** Who is connected negotiates anew, and is told there that the generation is another. */
async function tellToLeave(collab: Collab, opened: Opened, document: DocumentId, generation: number): Promise<void> {
  const { keys, access } = opened;
  const { accessEpoch } = await access.rules(document);
  const group = groupsOf(keys, document, generation, accessEpoch).data;
  collab.notices.publish(keys.signer, { document, group, generation, accessEpoch }, { type: "renegotiate" });
}

/** SE3: the content that a document begins with, once, whoever of several servers asks first. False: it has begun. */
export async function seed(desk: Desk, userId: UserId, make: (doc: Y.Doc) => void): Promise<boolean> {
  const { head } = await materialNow(desk.store, desk.document);
  const isEmpty = await isUnwritten(desk);
  if (!isEmpty) return false;
  try {
    const done = await edit(desk, {
      userId,
      key: "seed",
      ifHead: head,
      make: async (_now, client) => {
        const doc = new Y.Doc();
        doc.clientID = client;
        doc.transact(() => make(doc));
        const update = Y.encodeStateAsUpdate(doc);
        doc.destroy();
        return [update];
      },
    });
    return done.changed && !done.repeated;
  } catch (error) {
    if (error instanceof Problem && error.code === "head-changed") return false;
    throw error;
  }
}

async function isUnwritten({ store, document }: Desk): Promise<boolean> {
  const stored = await store.load(document);
  return stored === null || (stored.snapshot === null && stored.entries.length === 0);
}
