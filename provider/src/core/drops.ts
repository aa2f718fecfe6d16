import type { Drops } from "./ports.ts";

const reasonsMax = 64;

/** Counts drops by reason. Reasons beyond the bound are counted together as `other`. */
export class DropCounts implements Drops {
  private readonly counts = new Map<string, number>();

  drop(reason: string): void {
    const key = this.counts.has(reason) || this.counts.size < reasonsMax ? reason : "other";
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  count(reason: string): number {
    return this.counts.get(reason) ?? 0;
  }

  all(): ReadonlyMap<string, number> {
    return this.counts;
  }
}
