import { syncLimits } from "./limits.ts";
import type { LiveEdit } from "./live-edit.ts";
import type { SessionId } from "./ports.ts";
import { splitUpdate } from "./split.ts";
import { liveLimits, type UpdateLimits, validateUpdate } from "./validate-update.ts";

/** SY15: a chunk is as cheap to apply as a live frame; one value that cannot be cut may make it longer. */
export const chunkLimits: UpdateLimits = { ...liveLimits, bytesMax: syncLimits.chunkBytesMax };

/** An own update in parts that each may travel live, each applicable after those before it; null: there are none such. */
export function chunksOf(update: Uint8Array): readonly Uint8Array[] | null {
  const { frameBytesMax, frameStructsMax, chunksMax } = syncLimits;
  const parts = splitUpdate(update, frameBytesMax, frameStructsMax);
  const fits = parts.length <= chunksMax && parts.every((part) => validateUpdate(part, chunkLimits).ok);
  return fits ? parts : null;
}

interface Collected {
  readonly count: number;
  readonly indexes: Set<number>;
}

/** SY15: which chunks of others' batches were applied. Their bytes are in the document: nothing waits here but numbers. */
export class ChunkSets {
  private readonly sets = new Map<string, Collected>();

  /** An edit was applied; answers whether its batches are whole now. */
  applied({ session, seqFrom, seqTo, chunk }: LiveEdit): boolean {
    if (chunk === undefined) return true;
    const key = keyOf(session, seqFrom, seqTo, chunk.count);
    const set = this.sets.get(key) ?? { count: chunk.count, indexes: new Set() };
    set.indexes.add(chunk.index);
    this.sets.delete(key);
    if (set.indexes.size === set.count) return true;
    this.sets.set(key, set);
    // The one that waits longest is forgotten: its batches are a gap, and come again or from the log.
    if (this.sets.size > syncLimits.chunkSetsMax) this.sets.delete(this.sets.keys().next().value ?? key);
    return false;
  }
}

function keyOf(session: SessionId, seqFrom: number, seqTo: number, count: number): string {
  return `${session} ${seqFrom} ${seqTo} ${count}`;
}
