import type { AckId } from "./ports.ts";

/** Ids of requests that succeeded, oldest forgotten first. A failed id is not remembered, so it may be tried again. */
export class AckMemory {
  readonly #max: number;
  readonly #ids: Set<AckId> = new Set();

  constructor(max: number) {
    this.#max = max;
  }

  has(id: AckId): boolean {
    return this.#ids.has(id);
  }

  remember(id: AckId): void {
    this.#ids.add(id);
    if (this.#ids.size <= this.#max) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
