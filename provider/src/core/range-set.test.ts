import { describe, expect, test } from "vitest";
import { RangeSet } from "./range-set.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const seed = Number(process.env["SEED"] ?? 20261121);
const clocks = 60;

/** What a RangeSet means: a plain set of clocks. */
function clocksOf(ranges: readonly number[]): Set<number> {
  const result = new Set<number>();
  for (let index = 0; index < ranges.length; index += 2) {
    for (let clock = ranges[index] ?? 0; clock < (ranges[index + 1] ?? 0); clock++) result.add(clock);
  }
  return result;
}

function randomRanges(random: SeededRandom, count: number): number[] {
  const starts = Array.from({ length: count }, () => random.below(clocks)).sort((left, right) => left - right);
  return starts.flatMap((start) => [start, start + 1 + random.below(6)]);
}

describe("range sets", () => {
  test(`behave as sets of clocks over 3,000 random histories (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let history = 0; history < 3_000; history++) {
      const set = new RangeSet();
      const model = new Set<number>();
      for (let step = random.below(6); step >= 0; step--) {
        const added = randomRanges(random, random.below(4));
        set.addAll(added);
        for (const clock of clocksOf(added)) model.add(clock);
      }
      expect(clocksOf(set.flat)).toEqual(model);
      for (let index = 1; index < set.flat.length; index++) {
        expect(set.flat[index]).toBeGreaterThan(set.flat[index - 1] ?? 0);
      }
      const start = random.below(clocks);
      const end = start + 1 + random.below(5);
      expect(set.has(start, end)).toBe([...clocksOf([start, end])].every((clock) => model.has(clock)));

      const other = new RangeSet();
      other.addAll(randomRanges(random, random.below(8)));
      const theirs = clocksOf(other.flat);
      const missing = set.missingFrom(other, 5).flatMap(({ clock, length }) => [clock, clock + length]);
      expect(clocksOf(missing)).toEqual(new Set([...model].filter((clock) => !theirs.has(clock))));
      expect(set.equals(set.clone())).toBe(true);
    }
  });

  test(`few ranges find their place among many (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let history = 0; history < 200; history++) {
      const set = new RangeSet();
      set.addAll(Array.from({ length: 60 }, (_, index) => [6 * index, 6 * index + 1 + random.below(3)]).flat());
      const model = clocksOf(set.flat);
      for (let step = 0; step < 20; step++) {
        const start = random.below(380);
        const added = [start, start + 1 + random.below(12)];
        set.addAll(added);
        for (const clock of clocksOf(added)) model.add(clock);
        expect(clocksOf(set.flat)).toEqual(model);
        const isApart = set.flat.every((bound, index) => index === 0 || bound > (set.flat[index - 1] ?? 0));
        expect(isApart).toBe(true);
      }
    }
  });

  test("200,000 ranges between 200,000 others are taken in before the test times out", () => {
    const even = Array.from({ length: 200_000 }, (_, index) => [4 * index, 4 * index + 1]).flat();
    const odd = even.map((bound) => bound + 2);
    const set = new RangeSet();
    set.addAll(even);
    set.addAll(odd);
    expect(set.flat.length).toBe(800_000);
  });
});
