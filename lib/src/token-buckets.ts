/** How often something may happen: `burst` at once, and `perSecond` more each second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** One bucket for each key. Bounded: the least recently used leave first, and come back full. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #keysMax: number;
  /** In order of use. */
  readonly #buckets: Map<string, Bucket> = new Map();

  constructor(rate: Rate, { now, keysMax }: { readonly now: () => number; readonly keysMax: number }) {
    this.#rate = rate;
    this.#now = now;
    this.#keysMax = keysMax;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes `cost` and answers 0, or takes nothing and answers the milliseconds until it would. */
  take(key: string, cost = 1): number {
    const bucket = this.#filled(key);
    // What costs more than a whole bucket waits for a full one, and leaves a debt.
    const needed = Math.min(cost, this.#rate.burst);
    if (bucket.tokens < needed) return Math.ceil(((needed - bucket.tokens) / this.#rate.perSecond) * 1_000);
    bucket.tokens -= cost;
    return 0;
  }

  /** Whether `take` would wait, without taking. */
  waitMs(key: string): number {
    const { tokens } = this.#filled(key);
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / this.#rate.perSecond) * 1_000);
  }

  #filled(key: string): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#rate.burst, atMs: now };
    // A clock that was set back fills nothing.
    const grown = (Math.max(0, now - bucket.atMs) / 1_000) * this.#rate.perSecond;
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + grown);
    bucket.atMs = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#keysMax) this.#evict();
    return bucket;
  }

  #evict(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
