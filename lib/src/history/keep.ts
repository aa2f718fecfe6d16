import type { Cursor } from "y-webpubsub/core";
import type { ChunkInfo, NewChunk } from "../core/document-history.ts";
import type { StoredEntry } from "../core/document-store.ts";
import type { FoldedAway } from "../core/ports.ts";
import type { KeptEntry } from "./chunk-codec.ts";
import { chunked, entriesChunk, keyframe } from "./chunks.ts";
import type { HistoryOptions } from "./options.ts";

/**
 * HI1: the chunks that a compaction leaves behind. `chain` is what is kept already, in log order. When it does not reach
 * the replaced snapshot (history was switched on later, or the document was imported) it begins anew with that snapshot.
 */
export async function chunksOf(
  away: FoldedAway,
  chain: readonly ChunkInfo[],
  options: HistoryOptions,
): Promise<readonly NewChunk[]> {
  const { generation, base, cursor } = away;
  const reached = chain.at(-1)?.to ?? ("" as Cursor);
  const chunks: NewChunk[] = [];
  let after = base?.cursor ?? ("" as Cursor);
  let sinceBytes = bytesSinceKeyframe(chain);
  if (base && reached !== base.cursor) {
    chunks.push(await keyframe(generation, base.cursor, base.atMs, base.payload));
    sinceBytes = 0;
  }
  const parts = chunked(away.entries.map(keptEntry), options);
  for (const [index, part] of parts.entries()) {
    const to = index === parts.length - 1 ? cursor : (part.at(-1)?.cursor ?? cursor);
    const chunk = await entriesChunk(generation, after, to, part);
    chunks.push(chunk);
    sinceBytes += chunk.payload.length;
    after = to;
  }
  const frame = await frameAt(away, sinceBytes, options);
  return frame === null ? chunks : [...chunks, frame];
}

/** A keyframe at the new snapshot, when what must be replayed to reach it has grown beyond it. */
async function frameAt(
  { generation, cursor, payload, entries }: FoldedAway,
  sinceBytes: number,
  { keyframeFactor }: HistoryOptions,
) {
  // Packing takes time; nothing shrinks to less than a twentieth.
  if (sinceBytes < payload.length / 20) return null;
  const frame = await keyframe(generation, cursor, entries.at(-1)?.atMs ?? 0, payload);
  return sinceBytes > keyframeFactor * frame.payload.length ? frame : null;
}

function bytesSinceKeyframe(chain: readonly ChunkInfo[]): number {
  const last = chain.findLastIndex(({ kind }) => kind === "keyframe");
  return chain.slice(last + 1).reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
}

export function keptEntry({ cursor, userId, atMs, update }: StoredEntry): KeptEntry {
  return { cursor, userId, fromMs: atMs, toMs: atMs, uploads: 1, update };
}
