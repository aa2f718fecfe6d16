import { sha256 } from "y-webpubsub/core";
import * as Y from "yjs";
import { extendDocument, openDocument, type Use } from "../core/fold.ts";
import type { FoldJob } from "../core/ports.ts";

export interface ShelfLimits {
  readonly documentsMax: number;
  /** Of snapshot and updates of one document; a larger one is not kept. */
  readonly bytesMax: number;
}

export const nowhere: ShelfLimits = { documentsMax: 0, bytesMax: 0 };

type Looking = Exclude<Use, "keep">;

/** What a document was made of, as hashes: equal bytes make equal documents, whoever sends them. */
interface Recipe {
  readonly payload: string;
  readonly updates: readonly string[];
}

interface Kept {
  readonly doc: Y.Doc;
  readonly recipe: Recipe;
  readonly bytes: number;
}

/**
 * Opened documents, kept for whoever needs the same or one that went on from it: opening is most of what a restore costs.
 * What is kept is used by one at a time, and never again once something went wrong with it.
 */
export class Shelf {
  readonly #limits: ShelfLimits;
  /** Least recently used first. */
  #kept: readonly Kept[] = [];

  constructor(limits: ShelfLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** `look` changes nothing, and keeps nothing of the document. */
  look<T>(job: FoldJob, use: Looking, look: (doc: Y.Doc) => T): T {
    return this.#with(job, use, (doc) => ({ result: look(doc), added: [] }));
  }

  /** `change` answers the updates that make the same change elsewhere, in order. */
  edit(job: FoldJob, use: Looking, change: (doc: Y.Doc) => readonly Uint8Array[]): readonly Uint8Array[] {
    return this.#with(job, use, (doc) => {
      const added = change(doc);
      return { result: added, added };
    });
  }

  clear(): void {
    for (const { doc } of this.#kept) doc.destroy();
    this.#kept = [];
  }

  #with<T>(
    job: FoldJob,
    use: Looking,
    work: (doc: Y.Doc) => { readonly result: T; readonly added: readonly Uint8Array[] },
  ): T {
    const bytes = bytesOf(job.updates) + (job.payload?.length ?? 0);
    const recipe = bytes > this.#limits.bytesMax ? null : recipeOf(job);
    // Such a document needs the room itself.
    if (recipe === null) this.clear();
    const { doc, isWhole } = (recipe && this.#take(recipe, job, use)) ?? opened(job, use);
    try {
      const { result, added } = work(doc);
      if (recipe === null || !isWhole) doc.destroy();
      else this.#put({ doc, recipe: continued(recipe, added), bytes: bytes + bytesOf(added) });
      return result;
    } catch (error) {
      doc.destroy();
      throw error;
    }
  }

  /** The same, or the furthest that the job goes on from. */
  #take(recipe: Recipe, { updates }: FoldJob, use: Looking): Opened | null {
    const before = this.#kept
      .filter(({ recipe: kept }) => isBefore(kept, recipe))
      .reduce<Kept | null>((best, kept) => (best && steps(best) >= steps(kept) ? best : kept), null);
    if (before === null) return null;
    this.#kept = this.#kept.filter((kept) => kept !== before);
    const rest = updates.slice(steps(before));
    if (rest.length === 0 || extendDocument(before.doc, rest, use)) return { doc: before.doc, isWhole: true };
    before.doc.destroy();
    return null;
  }

  #put(fresh: Kept): void {
    forgetKinds(fresh.doc);
    const isWanted = fresh.bytes <= this.#limits.bytesMax;
    const others = this.#kept.filter(({ recipe }) => !isSame(recipe, fresh.recipe));
    const next = isWanted ? [...others, fresh] : others;
    const before = [...this.#kept, fresh];
    this.#kept = next.slice(Math.max(0, next.length - this.#limits.documentsMax));
    for (const kept of before) if (!this.#kept.includes(kept)) kept.doc.destroy();
  }
}

interface Opened {
  readonly doc: Y.Doc;
  /** Every update of the job is in it. */
  readonly isWhole: boolean;
}

function opened(job: FoldJob, use: Looking): Opened {
  const { doc, bad, waiting } = openDocument(job, use);
  return { doc, isWhole: bad.length === 0 && waiting.length === 0 };
}

function recipeOf({ payload, updates }: FoldJob): Recipe {
  return { payload: payload === null ? "" : hashOf(payload), updates: updates.map(hashOf) };
}

function continued({ payload, updates }: Recipe, added: readonly Uint8Array[]): Recipe {
  return { payload, updates: [...updates, ...added.map(hashOf)] };
}

function isBefore(kept: Recipe, wanted: Recipe): boolean {
  return kept.payload === wanted.payload && kept.updates.every((hash, index) => hash === wanted.updates[index]);
}

function isSame(one: Recipe, other: Recipe): boolean {
  return isBefore(one, other) && isBefore(other, one);
}

function steps({ recipe }: Kept): number {
  return recipe.updates.length;
}

function hashOf(bytes: Uint8Array): string {
  return Buffer.from(sha256(bytes)).toString("base64");
}

function bytesOf(updates: readonly Uint8Array[]): number {
  return updates.reduce((sum, update) => sum + update.length, 0);
}

/**
 * What kind a top-level type has is guessed from all documents of a task (`rootsOf`), and Yjs takes no second word for it:
 * the next task guesses anew, as if the document were fresh. What `Y.Doc.get` does when it learns a kind, backwards.
 */
function forgetKinds(doc: Y.Doc): void {
  for (const [name, type] of doc.share) {
    if (type.constructor === Y.AbstractType) continue;
    const plain: typeof type = new Y.AbstractType();
    plain._map = type._map;
    plain._start = type._start;
    plain._length = type._length;
    for (const item of type._map.values())
      for (let at: Y.Item | null = item; at !== null; at = at.left) at.parent = plain;
    for (let item = type._start; item !== null; item = item.right) item.parent = plain;
    doc.share.set(name, plain);
    plain._integrate(doc, null);
  }
}
