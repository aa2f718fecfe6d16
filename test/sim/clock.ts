import type { Cancel, Clock, Instant } from "y-webpubsub/core";

/**
 * Virtual time. Timers fire in the order of (time, creation); all promise work that one timer started is done before the
 * next fires, so that one seed is one order of events.
 */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  #now = 0;
  #created = 0;
  fired = 0;

  now(): Instant {
    return this.#now as Instant;
  }

  after(delayMs: number, fire: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#created++, fire };
    this.#push(timer);
    return () => {
      timer.fire = undefined;
    };
  }

  /** Resolves `delayMs` later. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Runs until `end` or until `done()` is true, whichever comes first; answers whether it was done. */
  async run(end: number, done: () => boolean = () => false): Promise<boolean> {
    await drain();
    while (!done()) {
      const timer = this.#pop(end);
      if (timer === undefined) {
        this.#now = Math.max(this.#now, end);
        return done();
      }
      this.#now = timer.at;
      this.fired += 1;
      timer.fire?.();
      await drain();
    }
    return true;
  }

  /** The next live timer that is due by `end`. */
  #pop(end: number): Timer | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || (first.fire !== undefined && first.at > end)) return undefined;
      this.#removeFirst(first);
      if (first.fire !== undefined) return first;
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !earlier(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #removeFirst(first: Timer): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || last === first) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && earlier(right, below)) {
        child += 1;
        below = right;
      }
      if (!earlier(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

interface Timer {
  readonly at: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

function earlier(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * All pending promise reactions run before this resolves: Node empties the microtask queue before the next-tick queue.
 * Nothing in a world may wait for a real thread, timer or socket.
 */
export function drain(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
