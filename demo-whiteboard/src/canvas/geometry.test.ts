import { describe, expect, test } from "vitest";
import type { BoxShape, InkShape, Shape } from "../model/schema.ts";
import { caught, distanceToSegment, HANDLES, handleAt, handlePoint, hits, resize, swept, union } from "./geometry.ts";

const common = { id: "id", z: "a0", by: "", color: "black", size: "s", opacity: "full" } as const;
const solid = { ...common, dash: "solid" } as const;
const rect = (fill: BoxShape["fill"]): Shape => ({ ...solid, type: "rect", box: [0, 0, 100, 60], fill });
const ellipse = (fill: BoxShape["fill"]): Shape => ({ ...solid, type: "ellipse", box: [0, 0, 100, 60], fill });
const ink: InkShape = {
  ...common,
  type: "pen",
  box: [10, 10, 200, 0],
  measured: false,
  highlight: false,
  extent: { width: 100, height: 0 },
  points: [
    { x: 0, y: 0, pressure: 0.5 },
    { x: 100, y: 0, pressure: 0.5 },
  ],
};

const arrow: Shape = {
  ...solid,
  type: "arrow",
  box: [0, 0, 100, 60],
  extent: { width: 100, height: 60 },
  points: [
    { x: 0, y: 60, pressure: 0.5 },
    { x: 100, y: 0, pressure: 0.5 },
  ],
};

describe("hit tests", () => {
  test("a diamond by its sides, and inside when it is filled; its box's corners are not it", () => {
    const diamond = (fill: BoxShape["fill"]): Shape => ({ ...solid, type: "diamond", box: [0, 0, 100, 60], fill });
    expect(hits(diamond("none"), { x: 25, y: 15 }, 2)).toBe(true);
    expect(hits(diamond("none"), { x: 50, y: 30 }, 2)).toBe(false);
    expect(hits(diamond("soft"), { x: 50, y: 30 }, 2)).toBe(true);
    expect(hits(diamond("solid"), { x: 6, y: 6 }, 2)).toBe(false);
  });

  test("a line near the way from end to end, also when it was stretched", () => {
    expect(hits(arrow, { x: 50, y: 31 }, 3)).toBe(true);
    expect(hits(arrow, { x: 20, y: 20 }, 3)).toBe(false);
    expect(caught(arrow, { minX: 0, minY: 0, maxX: 30, maxY: 30 })).toBe(false);
    expect(caught(arrow, { minX: 60, minY: 0, maxX: 100, maxY: 30 })).toBe(true);
    expect(hits({ ...arrow, box: [0, 0, 200, 120] }, { x: 100, y: 61 }, 3)).toBe(true);
  });

  test("an unfilled rectangle is hit on its outline only, a filled one everywhere", () => {
    expect(hits(rect("none"), { x: 50, y: 30 }, 4)).toBe(false);
    expect(hits(rect("none"), { x: 50, y: 2 }, 4)).toBe(true);
    expect(hits(rect("none"), { x: -4, y: 30 }, 4)).toBe(true);
    expect(hits(rect("soft"), { x: 50, y: 30 }, 4)).toBe(true);
    expect(hits(rect("solid"), { x: 120, y: 30 }, 4)).toBe(false);
  });

  test("an ellipse is not hit in the corners of its box", () => {
    expect(hits(ellipse("solid"), { x: 3, y: 3 }, 1)).toBe(false);
    expect(hits(ellipse("solid"), { x: 50, y: 30 }, 1)).toBe(true);
    expect(hits(ellipse("none"), { x: 50, y: 30 }, 1)).toBe(false);
    expect(hits(ellipse("none"), { x: 50, y: 0 }, 1)).toBe(true);
  });

  test("ink is hit along the stroke as its box stretches it", () => {
    expect(hits(ink, { x: 200, y: 12 }, 2)).toBe(true);
    expect(hits(ink, { x: 215, y: 10 }, 2)).toBe(false);
    expect(hits(ink, { x: 100, y: 30 }, 2)).toBe(false);
  });

  test("a marquee takes ink only when the stroke itself passes", () => {
    const diagonal: InkShape = {
      ...ink,
      box: [0, 0, 100, 100],
      extent: { width: 100, height: 100 },
      points: [
        { x: 0, y: 0, pressure: 1 },
        { x: 100, y: 100, pressure: 1 },
      ],
    };
    expect(caught(diagonal, { minX: 60, minY: 5, maxX: 90, maxY: 30 })).toBe(false);
    expect(caught(diagonal, { minX: 40, minY: 30, maxX: 60, maxY: 90 })).toBe(true);
    expect(caught(rect("none"), { minX: 90, minY: 50, maxX: 300, maxY: 300 })).toBe(true);
    expect(caught(rect("none"), { minX: 101, minY: 0, maxX: 300, maxY: 300 })).toBe(false);
  });

  test("a fast eraser misses nothing between two samples", () => {
    expect(swept(ink, { x: 100, y: -200 }, { x: 100, y: 200 }, 8)).toBe(true);
    expect(swept(ink, { x: 300, y: -200 }, { x: 300, y: 200 }, 8)).toBe(false);
  });

  test("the distance to a segment, also of no length", () => {
    expect(distanceToSegment({ x: 5, y: 5 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(5);
    expect(distanceToSegment({ x: 3, y: 4 }, { x: 0, y: 0 }, { x: 0, y: 0 })).toBe(5);
    expect(distanceToSegment({ x: 13, y: 4 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(5);
  });

  test("the union of boxes, and of none", () => {
    expect(union([])).toBeNull();
    expect(
      union([
        [0, 0, 10, 10],
        [20, -5, 1, 1],
      ]),
    ).toEqual({ minX: 0, minY: -5, maxX: 21, maxY: 10 });
  });
});

describe("resizing", () => {
  const from = { minX: 0, minY: 0, maxX: 100, maxY: 50 };
  const free = { square: false, centred: false };

  test.each([
    ["se", { minX: 0, minY: 0, maxX: 120, maxY: 60 }],
    ["nw", { minX: 20, minY: 10, maxX: 100, maxY: 50 }],
    ["ne", { minX: 0, minY: 10, maxX: 120, maxY: 50 }],
    ["sw", { minX: 20, minY: 0, maxX: 100, maxY: 60 }],
    ["e", { minX: 0, minY: 0, maxX: 120, maxY: 50 }],
    ["n", { minX: 0, minY: 10, maxX: 100, maxY: 50 }],
  ] as const)("pulling %s by 20, 10 keeps the opposite side", (handle, expected) => {
    expect(resize(from, handle, { x: 20, y: 10 }, free)).toEqual(expected);
  });

  test("Shift keeps the proportions, Alt keeps the middle", () => {
    expect(resize(from, "se", { x: 100, y: 0 }, { square: true, centred: false })).toEqual({
      minX: 0,
      minY: 0,
      maxX: 200,
      maxY: 100,
    });
    expect(resize(from, "e", { x: 10, y: 0 }, { square: false, centred: true })).toEqual({
      minX: -10,
      minY: 0,
      maxX: 110,
      maxY: 50,
    });
  });

  test("a handle that is pulled beyond the other side turns the shape over, and the other side stays", () => {
    const turned = resize(from, "e", { x: -1_000, y: 0 }, free);
    expect(turned.minX).toBe(from.minX);
    expect(turned.maxX).toBeLessThan(turned.minX);
    expect(resize(from, "nw", { x: 1_000, y: 1_000 }, free)).toMatchObject({ maxX: from.maxX, maxY: from.maxY });
  });

  test("no handle makes a shape flat", () => {
    for (const handle of HANDLES) {
      for (let pull = -300; pull <= 300; pull += 1) {
        const bounds = resize(from, handle, { x: pull, y: pull }, free);
        expect(Math.abs(bounds.maxX - bounds.minX)).toBeGreaterThanOrEqual(4);
        expect(Math.abs(bounds.maxY - bounds.minY)).toBeGreaterThanOrEqual(4);
      }
    }
  });

  test("each handle is found where it is drawn", () => {
    for (const handle of HANDLES) expect(handleAt(from, handlePoint(from, handle), 3)).toBe(handle);
    expect(handleAt(from, { x: 30, y: 20 }, 3)).toBeNull();
  });
});
