import { expect, test } from "vitest";
import type { Fate } from "./faults.ts";
import { FaultyLine } from "./faulty-line.ts";

type Coming = Extract<Fate, { type: "comes" }>;
const plain: Coming = { type: "comes", copies: 1, inOrderMs: 0, anyOrderMs: 0, bytesPerSecond: undefined, holders: [] };

/** A line on a clock that only the test moves. */
class World {
  readonly got: string[] = [];
  cuts = 0;
  caughtUp = 0;
  readonly line: FaultyLine<string>;
  #now = 0;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];

  constructor() {
    this.line = new FaultyLine({
      clock: {
        now: () => this.#now,
        after: (delayMs, fire) => {
          const timer = { at: this.#now + delayMs, fire };
          this.#timers.push(timer);
          return () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
          };
        },
      },
      bytes: (item) => item.length,
      deliver: (items) => this.got.push(...items),
      caughtUp: () => {
        this.caughtUp += 1;
      },
      cut: () => {
        this.cuts += 1;
      },
    });
  }

  get timers(): number {
    return this.#timers.length;
  }

  offer(item: string, fate: Partial<Coming> | { readonly type: "lost" | "cut" } = {}): void {
    this.line.offer([item], () => ({ ...plain, ...fate }) as Fate);
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.fire();
    }
    this.#now = until;
  }
}

test("frames pass at once, twice or never", () => {
  const world = new World();
  world.offer("a");
  world.offer("b", { copies: 2 });
  world.offer("c", { type: "lost" });
  expect(world.got).toEqual(["a", "b", "b"]);
  expect(world.timers).toBe(0);
});

test("delayed frames keep their order, even when a later one is delayed less; others overtake them", () => {
  const world = new World();
  world.offer("a", { inOrderMs: 100, holders: [1] });
  world.offer("b", { inOrderMs: 10, holders: [2] });
  world.offer("c");
  expect(world.got).toEqual(["c"]);
  world.advance(99);
  expect(world.got).toEqual(["c"]);
  world.advance(1);
  expect(world.got).toEqual(["c", "a", "b"]);
  expect(world.line.delayedBytes).toBe(0);
  expect(world.caughtUp).toBe(1);
});

test("reordered frames come when their own time is up", () => {
  const world = new World();
  world.offer("a", { anyOrderMs: 50, holders: [1] });
  world.offer("b", { anyOrderMs: 20, holders: [1] });
  world.offer("c", { anyOrderMs: 80, holders: [1] });
  world.advance(100);
  expect(world.got).toEqual(["b", "a", "c"]);
});

test("a slow reader takes so many bytes a second, and what waits is counted apart", () => {
  const world = new World();
  for (const item of ["aaaaaaaaaa", "bbbbbbbbbb"]) world.offer(item, { bytesPerSecond: 100, holders: [1] });
  expect(world.line.slowBytes).toBe(2 * (10 + 64));
  expect(world.line.delayedBytes).toBe(0);
  world.advance(100);
  expect(world.got).toEqual(["aaaaaaaaaa"]);
  world.advance(100);
  expect(world.got).toEqual(["aaaaaaaaaa", "bbbbbbbbbb"]);
  expect(world.line.slowBytes).toBe(0);
});

test("a stopped reader takes nothing and needs no timer; when the rule goes, all comes in order", () => {
  const world = new World();
  world.offer("a", { bytesPerSecond: 0, holders: [1] });
  world.offer("b", { bytesPerSecond: 0, holders: [1] });
  world.offer("other", { inOrderMs: 5, holders: [2] });
  world.advance(1e9);
  expect(world.got).toEqual([]);
  expect(world.timers).toBe(0);
  world.line.release(1);
  expect(world.got).toEqual(["a", "b", "other"]);
});

test("after a stopped reader goes on, delays are as long as they say", () => {
  const world = new World();
  world.offer("a", { bytesPerSecond: 0, holders: [1] });
  world.line.release(1);
  world.offer("b", { inOrderMs: 5, holders: [2] });
  world.advance(5);
  expect(world.got).toEqual(["a", "b"]);
});

test("a cut lets through what came before it and drops what is held", () => {
  const world = new World();
  world.offer("held", { inOrderMs: 10, holders: [1] });
  const fates: Fate[] = [plain, { type: "cut" }, plain];
  world.line.offer(["a", "b", "c"], () => fates.shift() ?? plain);
  expect(world.got).toEqual(["a"]);
  expect(world.cuts).toBe(1);
  world.advance(100);
  expect(world.got).toEqual(["a"]);
});

test("a line that closes hurries what is on its way and forgets what was never read", () => {
  const world = new World();
  world.offer("late", { inOrderMs: 10, holders: [1] });
  world.offer("never", { bytesPerSecond: 0, holders: [2] });
  world.line.hurry();
  expect(world.got).toEqual(["late"]);
  expect(world.line.slowBytes + world.line.delayedBytes).toBe(0);
  expect(world.timers).toBe(0);
});
