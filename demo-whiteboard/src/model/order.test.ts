import fc from "fast-check";
import { generateKeyBetween } from "fractional-indexing";
import { describe, expect, test } from "vitest";
import { compareOrder, isOrderKey, keysAbove, keysBelow, rekeyed } from "./order.ts";

describe("drawing order", () => {
  test("sorts by key as plain strings, ties by id", () => {
    const shapes = [
      { z: "a1", id: "b" },
      { z: "Zz", id: "x" },
      { z: "a1", id: "a" },
      { z: "a0", id: "c" },
    ];
    expect([...shapes].sort(compareOrder).map((shape) => shape.id)).toEqual(["x", "c", "a", "b"]);
  });

  test("two shapes put between the same neighbours have one key and one order on every machine", () => {
    const key = generateKeyBetween("a0", "a1");
    const here = { z: key, id: "here" };
    const there = { z: key, id: "there" };
    expect([here, there].sort(compareOrder)).toEqual([there, here].sort(compareOrder));
  });

  test("1,000 times to the front stays short, and each is above the one before", () => {
    let top: string | null = null;
    for (let round = 0; round < 1_000; round += 1) {
      const [next = ""] = keysAbove(top, 1);
      expect(top === null || next > top).toBe(true);
      top = next;
    }
    expect(top?.length).toBeLessThanOrEqual(4);
  });

  test("keys below rise among themselves and lie below", () => {
    const keys = keysBelow("a0", 3);
    expect([...keys].sort()).toEqual(keys);
    expect(keys.every((key) => key < "a0")).toBe(true);
  });

  test("whatever a peer wrote, an accepted key never makes the next one throw", () => {
    const wild = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[A-Za-z0-9]{1,64}$/),
      fc.constantFrom("z".repeat(64), "A".repeat(64), `A${"0".repeat(26)}`, "a", "zz", "a00"),
    );
    fc.assert(
      fc.property(wild, (key) => {
        if (!isOrderKey(key)) return;
        expect(keysAbove(key, 3)).toHaveLength(3);
        expect(keysBelow(key, 3)).toHaveLength(3);
        for (const made of [...keysAbove(key, 3), ...keysBelow(key, 3)]) expect(isOrderKey(made)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([[undefined], [7], [""], ["a0!"], ["a"], ["a00"], ["__proto__"], ["a".repeat(65)]])(
    "%j is not a key",
    (key) => {
      expect(isOrderKey(key)).toBe(false);
    },
  );
});

describe("rekeyed", () => {
  const stack = (...keys: readonly string[]): { readonly id: string; readonly z: string }[] =>
    keys.map((z, index) => ({ id: `${index}`, z }));
  const sortedIds = (
    order: readonly { readonly id: string; readonly z: string }[],
    keys: ReadonlyMap<string, string>,
  ) =>
    order
      .map(({ id, z }) => ({ id, z: keys.get(id) ?? z }))
      .sort(compareOrder)
      .map(({ id }) => id);

  test("gives a key to what moved and leaves the rest", () => {
    const [a, b, c] = stack("a0", "a1", "a2");
    if (!a || !b || !c) throw new Error("The stack has three shapes.");
    const order = [b, a, c];
    const keys = rekeyed(order, new Set(["0"]));
    expect([...keys.keys()]).toEqual(["0"]);
    expect(sortedIds(order, keys)).toEqual(["1", "0", "2"]);
  });

  test("makes room between equal keys, where no key lies between", () => {
    const [a, b, c, d] = stack("a1", "a1", "a1", "a2");
    if (!a || !b || !c || !d) throw new Error("The stack has four shapes.");
    const order = [b, a, c, d];
    const keys = rekeyed(order, new Set(["0"]));
    expect(sortedIds(order, keys)).toEqual(["1", "0", "2", "3"]);
    expect(keys.has("3")).toBe(false);
  });

  test("any order of any keys can be reached", () => {
    const key = fc.constantFrom("a0", "a1", "a1V", "a2", "Zz", "b00");
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(7)), fc.nat(7), (keys, ids, to) => {
        const before = stack(...keys).sort(compareOrder);
        const moved = new Set(ids.map(String));
        const rest = before.filter(({ id }) => !moved.has(id));
        const order = [...rest.slice(0, to), ...before.filter(({ id }) => moved.has(id)), ...rest.slice(to)];
        expect(sortedIds(order, rekeyed(order, moved))).toEqual(order.map(({ id }) => id));
      }),
    );
  });
});
