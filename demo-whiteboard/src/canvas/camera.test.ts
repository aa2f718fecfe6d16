import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { type Camera, frame, panBy, toScreen, toWorld, visible, zoomAbout } from "./camera.ts";

const coordinate = fc.double({ min: -5_000, max: 5_000, noNaN: true });
const point = fc.record({ x: coordinate, y: coordinate });
const zoom = fc.double({ min: limits.zoomMin, max: limits.zoomMax, noNaN: true });
const camera: fc.Arbitrary<Camera> = fc.record({ x: coordinate, y: coordinate, zoom });

describe("camera", () => {
  test("screen to world is the inverse of world to screen", () => {
    fc.assert(
      fc.property(camera, point, (from, world) => {
        const back = toWorld(from, toScreen(from, world));
        expect(back.x).toBeCloseTo(world.x, 6);
        expect(back.y).toBeCloseTo(world.y, 6);
      }),
    );
  });

  test("zooming keeps the point under the pointer and stays within 10 % and 800 %", () => {
    fc.assert(
      fc.property(camera, point, fc.double({ min: 0.001, max: 100, noNaN: true }), (from, pointer, wanted) => {
        const next = zoomAbout(from, pointer, wanted);
        const before = toWorld(from, pointer);
        const after = toWorld(next, pointer);
        expect(after.x).toBeCloseTo(before.x, 5);
        expect(after.y).toBeCloseTo(before.y, 5);
        expect(next.zoom).toBeGreaterThanOrEqual(limits.zoomMin);
        expect(next.zoom).toBeLessThanOrEqual(limits.zoomMax);
      }),
    );
  });

  test("panning moves the picture by so many screen pixels at every zoom", () => {
    fc.assert(
      fc.property(camera, point, point, (from, world, by) => {
        const before = toScreen(from, world);
        const after = toScreen(panBy(from, by.x, by.y), world);
        expect(after.x - before.x).toBeCloseTo(by.x, 5);
        expect(after.y - before.y).toBeCloseTo(by.y, 5);
      }),
    );
  });

  test("the camera never leaves the plane", () => {
    const far = panBy({ x: 0, y: 0, zoom: limits.zoomMin }, -1e12, 1e12);
    expect([far.x, far.y]).toEqual([limits.coordinateMax, -limits.coordinateMax]);
  });

  test("framing shows everything inside of the inset, never above 100 %", () => {
    const view = { width: 1_000, height: 600 };
    const bounds = { minX: 500, minY: -400, maxX: 4_500, maxY: 300 };
    const framed = frame(bounds, view, { width: 50, height: 50 });
    const seen = visible(framed, view);
    expect(seen.minX).toBeLessThanOrEqual(bounds.minX - 50);
    expect(seen.maxX).toBeGreaterThanOrEqual(bounds.maxX + 50);
    expect(framed.zoom).toBeCloseTo(900 / 4_000);
    expect(frame({ minX: 0, minY: 0, maxX: 1, maxY: 1 }, view, { width: 0, height: 0 }).zoom).toBe(1);
  });
});
