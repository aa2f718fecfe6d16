import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { pictureSize } from "./picture.ts";

describe("pictureSize", () => {
  test("is two pixels a unit, with a margin of 32 units", () => {
    expect(pictureSize({ minX: 100, minY: 50, maxX: 300, maxY: 150 })).toEqual({ width: 528, height: 328, scale: 2 });
  });

  test.each([
    ["long", { minX: -1e6, minY: 0, maxX: 1e6, maxY: 10 }],
    ["large", { minX: 0, minY: 0, maxX: 9_000, maxY: 9_000 }],
    ["as large as the plane", { minX: -1e6, minY: -1e6, maxX: 1e6, maxY: 1e6 }],
  ])("stays within the bounds of a picture when the board is %s", (_name, bounds) => {
    const { width, height } = pictureSize(bounds);
    expect(Math.max(width, height)).toBeLessThanOrEqual(limits.pictureSideMax);
    expect(width * height).toBeLessThanOrEqual(limits.picturePixelsMax);
    expect(Math.min(width, height)).toBeGreaterThan(0);
  });
});
