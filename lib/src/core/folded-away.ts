import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { PageBounds, StoredEntry } from "./document-store.ts";
import { elapsedMs } from "./elapsed.ts";
import { foldedLimits } from "./limits.ts";

/** Cursors of other lives of a document mean nothing. */
export interface Life {
  readonly document: DocumentId;
  readonly generation: number;
}

/** What one compaction took out of a log: entries that follow one another. */
interface Fold extends Life {
  /** The cursor before the first entry. */
  readonly from: Cursor;
  readonly entries: readonly StoredEntry[];
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * DU11: the newest of what compaction took out of the logs, for a while. Members who read along would otherwise all load a
 * snapshot of what they have, after each compaction. Nothing depends on it: a server that was restarted answers
 * `cursor-gone`.
 */
export class FoldedAway {
  readonly #keptMs: number;
  /** In order of time. */
  #folds: readonly Fold[] = [];

  constructor({ keptMs = foldedLimits.keptMs }: { readonly keptMs?: number } = {}) {
    this.#keptMs = keptMs;
  }

  /** `from`: the cursor before the first of the entries. Of too many the newest are kept. */
  keep({ document, generation }: Life, from: Cursor, entries: readonly StoredEntry[], nowMs: number): void {
    const left = entries.length - countWithin(entries.toReversed(), bytesOf, foldedLimits.documentBytes);
    const kept = entries.slice(left);
    if (kept.length === 0) return;
    const bytes = kept.reduce((sum, entry) => sum + bytesOf(entry), 0);
    const newest = { document, generation, from: entries[left - 1]?.cursor ?? from, entries: kept, bytes, atMs: nowMs };
    const folds = [newest, ...this.#fresh(nowMs).toReversed()];
    const count = countWithin(folds, (fold) => fold.bytes, foldedLimits.bytes);
    this.#folds = folds.slice(0, count).toReversed();
  }

  /**
   * What followed a cursor, unbroken up to where the last compaction ended; null when that is not known here. Who has no
   * cursor yet is better served by the snapshot.
   */
  after(life: Life, cursor: Cursor, bounds: PageBounds, nowMs: number): readonly StoredEntry[] | null {
    this.#folds = this.#fresh(nowMs);
    if (cursor === "") return null;
    const folds = this.#folds.filter((fold) => fold.document === life.document && fold.generation === life.generation);
    const first = folds.findIndex((fold) => fold.from <= cursor && cursor < (endOf(fold) ?? fold.from));
    if (first === -1) return null;
    const chain = folds.slice(first);
    if (chain.some((fold, index) => index > 0 && fold.from !== endOf(chain[index - 1]))) return null;
    const entries = chain.flatMap((fold) => fold.entries).filter((entry) => entry.cursor > cursor);
    const count = Math.min(bounds.entriesMax, countWithin(entries, bytesOf, bounds.bytesMax));
    return entries.slice(0, Math.max(1, count));
  }

  #fresh(nowMs: number): readonly Fold[] {
    return this.#folds.filter(({ atMs }) => elapsedMs(atMs, nowMs) < this.#keptMs);
  }
}

function endOf(fold: Fold | undefined): Cursor | undefined {
  return fold?.entries.at(-1)?.cursor;
}

function bytesOf({ update }: StoredEntry): number {
  return update.length;
}

/** How many of the first ones are together no larger than that. */
function countWithin<T>(items: readonly T[], sizeOf: (item: T) => number, most: number): number {
  let sum = 0;
  const tooMany = items.findIndex((item) => {
    sum += sizeOf(item);
    return sum > most;
  });
  return tooMany === -1 ? items.length : tooMany;
}
