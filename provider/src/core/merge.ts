import * as Y from "yjs";
import { syncLimits } from "./limits.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

const emptyUpdate: Uint8Array = Uint8Array.of(0, 0);

/** SY5: one update of many. A tree of small merges, because Y.mergeUpdates is superlinear. Own, valid updates only. */
export function mergeAll(updates: readonly Uint8Array[]): Uint8Array {
  let level = [...updates];
  while (level.length > 1) {
    const merged: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += syncLimits.mergeUpdatesMax) {
      const part = level.slice(at, at + syncLimits.mergeUpdatesMax);
      merged.push(part.length === 1 ? (part[0] ?? emptyUpdate) : Y.mergeUpdates(part));
    }
    level = merged;
  }
  return level[0] ?? emptyUpdate;
}

/** DU3: the same; null when there would be a hole in it, which the server refuses. */
export function mergeWhole(updates: readonly Uint8Array[]): Uint8Array | null {
  const merged = mergeAll(updates);
  const checked = validateUpdate(merged, uploadLimits);
  return checked.ok && checked.summary.structs.some(({ kind }) => kind === "skip") ? null : merged;
}
