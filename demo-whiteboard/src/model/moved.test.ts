import { describe, expect, test } from "vitest";
import { pointsInWorld } from "../canvas/geometry.ts";
import { boxPoints } from "./build.ts";
import { boxOfEnds, moved } from "./moved.ts";
import { type Box, extentOf, type InkShape, type LineShape, type TextShape } from "./schema.ts";

const common = { id: "a", z: "a0", by: "", color: "black", size: "m", opacity: "full" } as const;

function line(...ends: readonly (readonly [number, number])[]): LineShape {
  const { box, points } = boxPoints(ends.map(([x, y]) => ({ x, y, pressure: 0.5 })));
  return { ...common, type: "line", dash: "solid", box, points, extent: extentOf(points) };
}

function ink(...way: readonly (readonly [number, number])[]): InkShape {
  return { ...line(...way), type: "pen", measured: false, highlight: false };
}

const text = (box: Box): TextShape => ({ ...common, type: "text", text: "words", scale: 1, box });
const places = (shape: InkShape | LineShape) => pointsInWorld(shape).map(({ x, y }) => [x, y]);

describe("a shape that is moved, stretched and turned over", () => {
  test("keeps its points when it is only moved", () => {
    const stroke = ink([0, 0], [10, 20], [5, 5]);
    const next = moved(stroke, [0, 0, 10, 20], [100, 200, 10, 20]);
    expect(next.box).toEqual([100, 200, 10, 20]);
    expect("points" in next && next.points).toBe(stroke.points);
  });

  test("a stroke that is pulled beyond the other side is mirrored", () => {
    const next = moved(ink([0, 0], [10, 20], [5, 5]), [0, 0, 10, 20], [0, 0, -20, 20]);
    expect(next.box).toEqual([-20, 0, 20, 20]);
    expect(places(next as InkShape)).toEqual([
      [0, 0],
      [-20, 20],
      [-10, 5],
    ]);
  });

  test("the same turn twice uses the same points, so the path drawn from them is kept", () => {
    const stroke = ink([0, 0], [10, 20]);
    const [a, b] = [-5, -9].map((width) => moved(stroke, [0, 0, 10, 20], [0, 0, width, 20]));
    expect(a && "points" in a && a.points).toBe(b && "points" in b && b.points);
  });

  test("words keep their proportions and are never mirrored", () => {
    const next = moved(text([10, 10, 50, 20]), [10, 10, 50, 20], [10, 10, -100, 40]);
    expect(next).toMatchObject({ scale: 2, box: [-90, 10, 100, 40], text: "words" });
  });

  test.each([
    ["falling", [0, 0], [40, 30]],
    ["rising", [0, 30], [40, 0]],
    ["from right to left", [40, 0], [0, 30]],
    ["level", [0, 10], [40, 10]],
    ["upright, downwards", [7, 0], [7, 30]],
    ["a single place", [5, 5], [5, 5]],
  ] as const)("either end of a line goes anywhere: %s", (_name, first, second) => {
    const shape = line(first, second);
    for (const target of [
      [100, 50],
      [-20, -60],
      [40, 10],
      [7, 90],
    ] as const) {
      const ends = [
        [target, second],
        [first, target],
      ] as const;
      for (const [a, b] of ends) {
        const to = boxOfEnds(shape, [
          { x: a[0], y: a[1] },
          { x: b[0], y: b[1] },
        ]);
        const next = moved(shape, shape.box, to) as LineShape;
        expect(places(next).map((at) => at.map((value) => Math.round(value * 1e6) / 1e6 + 0))).toEqual(
          [a, b].map((at) => [...at]),
        );
      }
    }
  });
});
