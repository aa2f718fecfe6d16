import type { Counters } from "./core/index.ts";
import { countersMax, durationBucketsS } from "./limits.ts";

/** Durations of the requests of one route with one status. */
export interface RouteTimes {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** How many took at most as long as the bucket of `durationBucketsS` says, cumulative. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumS: number;
}

interface Times extends RouteTimes {
  readonly buckets: number[];
  count: number;
  sumS: number;
}

/** Counts by name, and durations by route. Names beyond the bound are counted together as `other`. */
export class Metrics implements Counters {
  readonly #counts: Map<string, number> = new Map();
  readonly #times: Map<string, Times> = new Map();
  #underWay = 0;

  /** Requests that are not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  count(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < countersMax ? name : "other";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** A request came; the answer is to be called once, with its status, when it is over. `route` is a pattern, never a URL. */
  began(method: string, route: string): (status: number) => void {
    const startedAt = performance.now();
    this.#underWay += 1;
    return (status) => {
      this.#underWay -= 1;
      this.#took({ method, route, status }, (performance.now() - startedAt) / 1_000);
    };
  }

  times(): readonly RouteTimes[] {
    return [...this.#times.values()];
  }

  #took(labels: Pick<RouteTimes, "method" | "route" | "status">, seconds: number): void {
    const key = `${labels.method} ${labels.route} ${labels.status}`;
    const times = this.#times.get(key) ?? { ...labels, buckets: durationBucketsS.map(() => 0), count: 0, sumS: 0 };
    if (this.#times.size >= countersMax && !this.#times.has(key)) return;
    this.#times.set(key, times);
    for (const [index, bound] of durationBucketsS.entries()) {
      if (seconds <= bound) times.buckets[index] = (times.buckets[index] ?? 0) + 1;
    }
    times.count += 1;
    times.sumS += seconds;
  }
}
