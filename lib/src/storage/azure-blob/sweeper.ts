import { type Documents, partName, partsPrefix } from "./documents.ts";
import { blobLimits } from "./limits.ts";

/**
 * Removes parts that the root names no more: replaced ones, and what an attempt left that came second. Young ones stay,
 * because a server may be about to name them. Nothing depends on it being done.
 */
export class Sweeper {
  readonly #documents: Documents;
  readonly #sweeping: Map<string, Promise<void>> = new Map();
  #closed = false;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  sweep(scope: string): void {
    if (this.#closed || this.#sweeping.has(scope)) return;
    const work = this.#sweep(scope)
      // Parts that stay cost space and nothing else; the next sweep of the document finds them again.
      .catch(() => undefined)
      .finally(() => this.#sweeping.delete(scope));
    this.#sweeping.set(scope, work);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sweeping.values());
  }

  async #sweep(scope: string): Promise<void> {
    const { blobs } = this.#documents;
    const old: string[] = [];
    // Listed first: what a root names that is read afterwards was there already, or is younger than anything removed.
    for await (const { name, ageMs } of blobs.list(partsPrefix(scope))) {
      if (ageMs > blobLimits.orphanMs) old.push(name);
    }
    if (old.length === 0 || this.#closed) return;
    const { view } = await this.#documents.look(scope);
    const named = new Set(view.image.runs.map(({ part }) => partName(scope, part)));
    for (const place of (await view.all()).values()) {
      if (place.at === "part") named.add(partName(scope, place.part));
    }
    for (const name of old) {
      if (this.#closed) return;
      if (!named.has(name)) await blobs.remove(name);
    }
  }
}
