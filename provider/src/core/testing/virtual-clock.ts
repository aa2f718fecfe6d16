import type { Cancel, Clock, Instant } from "../ports.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Test support: time that moves only when told to, and lets promises settle between two timers. */
export class VirtualClock implements Clock {
  private time = 1_000;
  private order = 0;
  private readonly timers = new Set<Timer>();

  now(): Instant {
    return this.time as Instant;
  }

  after(delayMs: number, fire: () => void): Cancel {
    this.order++;
    const timer = { at: this.time + Math.max(0, delayMs), order: this.order, fire };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  get pending(): number {
    return this.timers.size;
  }

  /** The tab sleeps: time passes, and no timer fires before the next `pass`. */
  freeze(ms: number): void {
    this.time += ms;
  }

  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (let next = this.next(end); next !== null; next = this.next(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.fire();
      await settle();
    }
    this.time = end;
  }

  private next(end: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.timers) {
      if (timer.at > end) continue;
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets what only waits for promises happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 30; round++) await Promise.resolve();
}
