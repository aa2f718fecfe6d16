import type { Counters } from "./core/index.ts";
import { countersMax } from "./limits.ts";

/** Counts by name. Names beyond the bound are counted together as `other`. */
export class Metrics implements Counters {
  readonly #counts: Map<string, number> = new Map();

  count(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < countersMax ? name : "other";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}
