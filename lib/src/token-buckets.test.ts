import { describe, expect, test } from "vitest";
import { TokenBuckets } from "./token-buckets.ts";

describe("token buckets", () => {
  function start({ burst = 3, perSecond = 2, keysMax = 4 } = {}) {
    const clock = { now: 1_000 };
    const buckets = new TokenBuckets({ burst, perSecond }, { now: () => clock.now, keysMax });
    return { clock, buckets };
  }

  test("give as many as the burst, then what the time brought, and say how long to wait", () => {
    const { clock, buckets } = start();
    expect([1, 2, 3, 4].map(() => buckets.take("a"))).toEqual([0, 0, 0, 500]);
    clock.now += 250;
    expect(buckets.take("a")).toBe(250);
    clock.now += 250;
    expect([buckets.take("a"), buckets.take("a")]).toEqual([0, 500]);
    clock.now += 3_600_000;
    expect([1, 2, 3, 4].map(() => buckets.take("a"))).toEqual([0, 0, 0, 500]);
    expect(buckets.take("b")).toBe(0);
  });

  test("what costs more than the burst is given on a full bucket and paid for afterwards", () => {
    const { clock, buckets } = start();
    expect(buckets.take("a", 7)).toBe(0);
    expect(buckets.take("a")).toBe(2_500);
    clock.now += 2_500;
    expect(buckets.take("a")).toBe(0);
  });

  test("looking takes nothing, and a clock that was set back brings nothing and breaks nothing", () => {
    const { clock, buckets } = start();
    for (let look = 0; look < 10; look++) expect(buckets.waitMs("a")).toBe(0);
    for (let take = 0; take < 3; take++) buckets.take("a");
    clock.now -= 1_000_000;
    expect(buckets.take("a")).toBe(500);
    clock.now += 500;
    expect(buckets.take("a")).toBe(0);
  });

  test("hold as many keys as they may; the least recently used leave first", () => {
    const { buckets } = start();
    for (const key of ["a", "b", "c", "d"]) for (let take = 0; take < 3; take++) buckets.take(key);
    buckets.waitMs("a");
    buckets.take("e");
    expect(buckets.size).toBe(4);
    expect([buckets.waitMs("a"), buckets.waitMs("c")]).toEqual([500, 500]);
    expect(buckets.waitMs("b")).toBe(0);
    for (let key = 0; key < 10_000; key++) buckets.take(`key ${key}`);
    expect(buckets.size).toBe(4);
  });
});
