import type { Fate } from "./faults.ts";
import type { Cancel, Clock } from "./ports.ts";

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
  readonly dueAt: number;
  /** Ties are broken by arrival. */
  readonly place: number;
  readonly holders: readonly number[];
  readonly slow: boolean;
}

export interface FaultyLineOptions<T> {
  readonly clock: Clock;
  readonly bytes: (item: T) => number;
  /** Gets what is due, in order, never empty. */
  readonly deliver: (items: readonly T[]) => void;
  /** Something that was held has left, on the line's own turn. */
  readonly caughtUp?: () => void;
  /** A cut came along: nothing is held or delivered any more. */
  readonly cut: () => void;
}

/** One direction of one transport while faults are in force. The owner watches what it holds. */
export class FaultyLine<T> {
  readonly #options: FaultyLineOptions<T>;
  #waiting: Waiting<T>[] = [];
  #delayedBytes = 0;
  #slowBytes = 0;
  #place = 0;
  #orderedUntil = 0;
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined;

  constructor(options: FaultyLineOptions<T>) {
    this.#options = options;
  }

  /** Bytes on a long way: they were taken. With an allowance per frame. */
  get delayedBytes(): number {
    return this.#delayedBytes;
  }

  /** Bytes that wait for a slow reader, counted likewise. */
  get slowBytes(): number {
    return this.#slowBytes;
  }

  /** Passes on, drops, repeats or holds back. Frames that nothing holds overtake those that are held. */
  offer(items: readonly T[], fateOf: (item: T) => Fate): void {
    const now: T[] = [];
    for (const item of items) {
      const fate = fateOf(item);
      if (fate.type === "lost") continue;
      if (fate.type === "cut") {
        if (now.length > 0) this.#options.deliver(now);
        this.clear();
        this.#options.cut();
        return;
      }
      for (let copy = 0; copy < fate.copies; copy++) {
        if (fate.holders.length === 0) now.push(item);
        else this.#hold(item, fate);
      }
    }
    if (now.length > 0) this.#options.deliver(now);
    this.#arm();
  }

  /** A rule is gone: what it held comes now, and so does what stood in line behind a stopped reader that reads again. */
  release(id: number): void {
    const stopped = this.#waiting.some(({ holders, slow, dueAt }) => slow && dueAt === never && !holders.includes(id));
    const freed = (entry: Waiting<T>) => entry.holders.includes(id) || (!stopped && entry.dueAt === never);
    const entries = this.#waiting.filter(freed);
    if (entries.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => !freed(entry));
    this.#orderedUntil = this.#waiting.reduce((latest, { dueAt }) => Math.max(latest, dueAt), 0);
    this.#hand(entries.sort((a, b) => a.place - b.place));
    this.#arm();
  }

  /** The line closes: what is on its way comes now, what a stopped reader never took is dropped. */
  hurry(): void {
    const coming = this.#waiting.filter(({ dueAt }) => dueAt < never);
    this.clear();
    const items = coming.sort(byTime).map(({ item }) => item);
    if (items.length > 0) this.#options.deliver(items);
  }

  /** Drops everything that is held. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = [];
    this.#delayedBytes = 0;
    this.#slowBytes = 0;
    this.#orderedUntil = 0;
  }

  #hold(item: T, fate: Extract<Fate, { type: "comes" }>): void {
    const size = Math.max(1, this.#options.bytes(item));
    const now = this.#options.clock.now();
    const start = now + fate.inOrderMs;
    const sendingMs = fate.bytesPerSecond === undefined ? 0 : (size * 1_000) / fate.bytesPerSecond;
    const ordered = fate.inOrderMs > 0 || fate.bytesPerSecond !== undefined;
    if (ordered) this.#orderedUntil = Math.max(start, this.#orderedUntil) + sendingMs;
    const dueAt = (ordered ? this.#orderedUntil : now) + fate.anyOrderMs;
    const slow = fate.bytesPerSecond !== undefined;
    this.#count(slow, size + frameAllowanceBytes);
    this.#waiting.push({
      item,
      bytes: size + frameAllowanceBytes,
      dueAt,
      place: this.#place++,
      holders: fate.holders,
      slow,
    });
  }

  #arm(): void {
    const next = this.#waiting.reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), never);
    if (this.#timer !== undefined && this.#timer.at <= next) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (next === never) return;
    const { clock } = this.#options;
    const cancel = clock.after(Math.max(0, next - clock.now()), () => {
      this.#timer = undefined;
      this.#due(next);
    });
    this.#timer = { at: next, cancel };
  }

  #due(at: number): void {
    const now = Math.max(at, this.#options.clock.now());
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= now);
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > now);
    this.#hand(due.sort(byTime));
    this.#arm();
  }

  #hand(entries: readonly Waiting<T>[]): void {
    if (entries.length === 0) return;
    for (const { slow, bytes } of entries) this.#count(slow, -bytes);
    this.#options.deliver(entries.map(({ item }) => item));
    this.#options.caughtUp?.();
  }

  #count(slow: boolean, bytes: number): void {
    if (slow) this.#slowBytes += bytes;
    else this.#delayedBytes += bytes;
  }
}

function byTime<T>(a: Waiting<T>, b: Waiting<T>): number {
  return a.dueAt - b.dueAt || a.place - b.place;
}

const never = Number.POSITIVE_INFINITY;
/** Small frames cost more than their bytes. */
const frameAllowanceBytes = 64;
