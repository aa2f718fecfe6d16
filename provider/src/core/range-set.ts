import type { Range } from "./update-summary.ts";

/** So many times more ranges than are added: searching for each place costs less than one pass over all. */
const searchedFor = 16;

/** Half-open clock ranges of one client: sorted, never empty, never touching. Kept flat as [start, end, start, end …]. */
export class RangeSet {
  private bounds: number[];

  constructor(bounds: number[] = []) {
    this.bounds = bounds;
  }

  /** Start, end, start, end …, ascending. */
  get flat(): readonly number[] {
    return this.bounds;
  }

  clone(): RangeSet {
    return new RangeSet([...this.bounds]);
  }

  /** Takes in ranges given as [start, end, …], ascending by start: few by search, many in one pass. */
  addAll(added: readonly number[]): void {
    const first = added[0];
    const last = this.bounds[this.bounds.length - 1];
    if (first === undefined || (added.length === 2 && this.has(first, added[1] ?? first))) return;
    if (last === undefined || last < first) this.append(added);
    else if (added.length * searchedFor < this.bounds.length) this.insert(added);
    else this.merge(added);
  }

  has(start: number, end: number): boolean {
    const index = this.startsUpTo(start) - 1;
    return index >= 0 && (this.bounds[2 * index + 1] ?? 0) >= end;
  }

  /** The parts of this set that `other` lacks. */
  missingFrom(other: RangeSet | undefined, client: number): Range[] {
    const missing: Range[] = [];
    const theirs = other?.bounds ?? [];
    let at = 0;
    for (let index = 0; index < this.bounds.length; index += 2) {
      let start = this.bounds[index] ?? 0;
      const end = this.bounds[index + 1] ?? 0;
      while (at < theirs.length && (theirs[at + 1] ?? 0) <= start) at += 2;
      for (let hole = at; start < end; hole += 2) {
        const stop = Math.min(theirs[hole] ?? end, end);
        if (stop > start) missing.push({ client, clock: start, length: stop - start });
        start = Math.max(stop, theirs[hole + 1] ?? end);
      }
    }
    return missing;
  }

  equals(other: RangeSet): boolean {
    return this.bounds.length === other.bounds.length && this.bounds.every((bound, at) => bound === other.bounds[at]);
  }

  private merge(added: readonly number[]): void {
    const before = this.bounds;
    this.bounds = [];
    let old = 0;
    let fresh = 0;
    while (old < before.length || fresh < added.length) {
      const oldStart = before[old] ?? Number.POSITIVE_INFINITY;
      const freshStart = added[fresh] ?? Number.POSITIVE_INFINITY;
      if (oldStart <= freshStart) {
        this.extend(oldStart, before[old + 1] ?? 0);
        old += 2;
      } else {
        this.extend(freshStart, added[fresh + 1] ?? 0);
        fresh += 2;
      }
    }
  }

  /** What follows is moved once for each range: a keystroke among 10,000 deleted ranges must not copy them all. */
  private insert(added: readonly number[]): void {
    for (let index = 0; index < added.length; index += 2) {
      const start = added[index] ?? 0;
      const end = added[index + 1] ?? start;
      const before = this.startsUpTo(start);
      // The one before may reach into it or touch it.
      const from = before > 0 && (this.bounds[2 * before - 1] ?? 0) >= start ? before - 1 : before;
      const until = this.startsUpTo(end);
      const swallowed = until > from;
      const first = swallowed ? Math.min(start, this.bounds[2 * from] ?? start) : start;
      const last = swallowed ? Math.max(end, this.bounds[2 * until - 1] ?? end) : end;
      this.bounds.splice(2 * from, 2 * (until - from), first, last);
    }
  }

  private append(added: readonly number[]): void {
    for (let index = 0; index < added.length; index += 2) this.extend(added[index] ?? 0, added[index + 1] ?? 0);
  }

  /** Adds a range that starts no earlier than the last one. */
  private extend(start: number, end: number): void {
    const last = this.bounds.length - 1;
    const lastEnd = this.bounds[last];
    if (lastEnd === undefined || lastEnd < start) this.bounds.push(start, end);
    else if (lastEnd < end) this.bounds[last] = end;
  }

  /** How many ranges start at or before a clock. */
  private startsUpTo(clock: number): number {
    let low = 0;
    let high = this.bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.bounds[2 * middle] ?? 0) <= clock) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Sorts ranges by client and clock in place, and merges those that overlap or touch. */
export function mergeRanges(ranges: Range[]): readonly Range[] {
  if (ranges.length < 2) return ranges;
  ranges.sort((left, right) => left.client - right.client || left.clock - right.clock);
  const result: Range[] = [];
  for (const range of ranges) {
    const last = result[result.length - 1];
    if (last === undefined || last.client !== range.client || last.clock + last.length < range.clock) {
      result.push(range);
      continue;
    }
    const end = Math.max(last.clock + last.length, range.clock + range.length);
    result[result.length - 1] = { client: last.client, clock: last.clock, length: end - last.clock };
  }
  return result;
}
