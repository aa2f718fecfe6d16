import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { ChunkInfo } from "../core/document-history.ts";
import { StoreError } from "../core/document-store.ts";
import type { FoldJob } from "../core/ports.ts";
import { type HistoricStore, openEntries, openKeyframe } from "./chunks.ts";
import { historyLimits } from "./limits.ts";

/** What the document at a position of its log is made of. */
export interface Material {
  readonly generation: number;
  readonly job: FoldJob;
  /** All of it was folded once: no update in it can fail. */
  readonly settled: boolean;
  /** The end of the log, when this was read. */
  readonly head: Cursor;
}

/** Chunks are replaced while others read them. */
const triesMax = 4;

/**
 * HI2: what makes up the document as it was right after the entry at `at` (`""`: before the first). Where entries were
 * merged since, the position before the merged ones is meant, unless it is their end. Null: the log never had such a
 * position, or history does not reach back to it.
 */
export async function materialAt(store: HistoricStore, document: DocumentId, at: Cursor): Promise<Material | null> {
  for (let tries = 0; tries < triesMax; tries++) {
    const found = await lookFor(store, document, at);
    if (found !== "again") return found;
  }
  throw new StoreError("not-durable", "The history was being rewritten. Try again.");
}

/** What makes up the document at the end of its log. */
export async function materialNow(store: HistoricStore, document: DocumentId): Promise<Material> {
  for (let tries = 0; tries < triesMax; tries++) {
    const stored = await store.load(document);
    if (stored === null)
      return { generation: 1, head: "" as Cursor, settled: true, job: { payload: null, updates: [] } };
    const { generation, head, snapshot, entries } = stored;
    const base = snapshot ? await store.payload(document, snapshot.ref) : null;
    if (snapshot && !base) continue;
    const updates = entries.map(({ update }) => update);
    return { generation, head, settled: false, job: { payload: base?.payload ?? null, updates } };
  }
  throw new StoreError("not-durable", "The snapshot was just replaced. Try again.");
}

async function lookFor(store: HistoricStore, document: DocumentId, at: Cursor): Promise<Material | null | "again"> {
  const stored = await store.load(document);
  if (stored === null) return at === "" ? materialNow(store, document) : null;
  const { generation, head, snapshot, entries } = stored;
  if (at > head || !isLike(at, head)) return null;
  if (snapshot === null || at >= snapshot.cursor) {
    const base = snapshot ? await store.payload(document, snapshot.ref) : null;
    if (snapshot && !base) return "again";
    const updates = entries.filter(({ cursor }) => cursor <= at).map(({ update }) => update);
    return { generation, head, settled: false, job: { payload: base?.payload ?? null, updates } };
  }
  const infos = await store.chunks(document, "" as Cursor, historyLimits.chunkPageMax);
  const path = pathTo(infos, at);
  if (path === null) return null;
  const job = await read(store, document, path, at);
  return job === "again" ? job : { generation, head, settled: true, job };
}

/** Cursors of one store have one length. */
function isLike(at: Cursor, head: Cursor): boolean {
  return at === "" || at.length === head.length;
}

/** The last keyframe at or before the position and the unbroken chain of entries from there; null: there is none. */
export function pathTo(infos: readonly ChunkInfo[], at: Cursor): readonly ChunkInfo[] | null {
  const frame = infos.findLast(({ kind, to }) => kind === "keyframe" && to <= at);
  let reached = frame?.to ?? ("" as Cursor);
  const path = frame ? [frame] : [];
  for (const info of infos) {
    if (reached >= at) break;
    if (info.kind === "keyframe" || info.to <= reached) continue;
    if (info.after !== reached) return null;
    path.push(info);
    reached = info.to;
  }
  return reached >= at ? path : null;
}

async function read(
  store: HistoricStore,
  document: DocumentId,
  path: readonly ChunkInfo[],
  at: Cursor,
): Promise<FoldJob | "again"> {
  let payload: Uint8Array | null = null;
  const updates: Uint8Array[] = [];
  for (const { ref, kind } of path) {
    const packed = await store.chunk(document, ref);
    if (packed === null) return "again";
    if (kind === "keyframe") {
      payload = await openKeyframe(packed);
      continue;
    }
    for (const { cursor, update } of await openEntries(packed)) if (cursor <= at) updates.push(update);
  }
  return { payload, updates };
}
