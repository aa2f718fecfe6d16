import type { AckId } from "./ports.ts";

/** Ids of requests that succeeded, oldest forgotten first. A failed id is not remembered, so it may be tried again. */
export class AckMemory {
  readonly #max: number;
  /** Made when needed: most connections never ask for an ack. */
  #ids: Set<AckId> | undefined;
  /** How often an id was repeated while its request is still running. */
  #running: Map<AckId, number> | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  has(id: AckId): boolean {
    return this.#ids?.has(id) ?? false;
  }

  /** "running" when the id belongs to a request that has no answer yet: it must not run twice. */
  start(id: AckId): "new" | "running" {
    this.#running ??= new Map();
    const repeats = this.#running.get(id);
    this.#running.set(id, repeats === undefined ? 0 : repeats + 1);
    return repeats === undefined ? "new" : "running";
  }

  /** Ends what `start` began. Answers how often the id was repeated meanwhile: each repetition is owed an ack too. */
  finish(id: AckId): number {
    const repeats = this.#running?.get(id) ?? 0;
    this.#running?.delete(id);
    return repeats;
  }

  remember(id: AckId): void {
    this.#ids ??= new Set();
    this.#ids.add(id);
    if (this.#ids.size <= this.#max) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
