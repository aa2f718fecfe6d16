import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { type InkPoint, PRESSURE_DEFAULT, pack, snap, unpack, unpackOnce } from "./points.ts";

const coordinate = fc.double({ min: -limits.coordinateMax, max: limits.coordinateMax, noNaN: true }).map(snap);
const point = fc.record({
  x: coordinate,
  y: coordinate,
  pressure: fc.integer({ min: 0, max: 255 }).map((byte) => byte / 255),
});
const points = fc.array(point, { minLength: 1, maxLength: 200 });

describe("packed strokes", () => {
  test("a measured stroke comes back as it was", () => {
    fc.assert(
      fc.property(points, (original) => {
        const unpacked = unpack(pack({ points: original, measured: true }));
        expect(unpacked).toEqual({ ok: true, stroke: { measured: true, points: original.map(withoutMinusZero) } });
      }),
    );
  });

  test("a stroke without measured pressure keeps its places and gets the default pressure", () => {
    fc.assert(
      fc.property(points, (original) => {
        const unpacked = unpack(pack({ points: original, measured: false }));
        const expected = original.map((one) => ({ ...withoutMinusZero(one), pressure: PRESSURE_DEFAULT }));
        expect(unpacked).toEqual({ ok: true, stroke: { measured: false, points: expected } });
      }),
    );
  });

  test("any bytes decode to a bounded stroke or a problem, and never throw", () => {
    const formats = fc.constantFrom(0, 1, 2, 255);
    fc.assert(
      fc.property(formats, fc.uint8Array({ maxLength: 2_000 }), (format, rest) => {
        const unpacked = unpack(Uint8Array.from([format, ...rest]));
        if (!unpacked.ok) return;
        expect(unpacked.stroke.points.length).toBeGreaterThan(0);
        expect(unpacked.stroke.points.length).toBeLessThanOrEqual(limits.strokePointsMax);
        for (const { x, y, pressure } of unpacked.stroke.points) {
          expect(Math.abs(x)).toBeLessThanOrEqual(limits.coordinateMax);
          expect(Math.abs(y)).toBeLessThanOrEqual(limits.coordinateMax);
          expect(pressure >= 0 && pressure <= 1).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["no bytes", []],
    ["no points", [0]],
    ["an unknown format", [7, 2, 2]],
    ["half a step", [0, 2]],
    ["a varint that does not end", [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ["a missing pressure", [1, 2, 2]],
    ["a step out of the plane", [0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
  ])("%s is a problem", (_name, bytes) => {
    expect(unpack(Uint8Array.from(bytes)).ok).toBe(false);
  });

  test("too many bytes and too many points are problems", () => {
    expect(unpack(new Uint8Array(limits.strokeBytesMax + 1))).toMatchObject({ problem: "too many bytes" });
    expect(unpack(new Uint8Array(1 + 2 * (limits.strokePointsMax + 1)))).toMatchObject({ problem: "too many points" });
    expect(unpack(new Uint8Array(1 + 2 * limits.strokePointsMax)).ok).toBe(true);
  });

  test("a hand-like stroke of 60 points takes at most 300 bytes", () => {
    const wave = Array.from({ length: 60 }, (_, index) => ({
      x: snap(index * 4.3),
      y: snap(40 * Math.sin(index / 6)),
      pressure: 0.5,
    }));
    expect(pack({ points: wave, measured: true }).length).toBeLessThanOrEqual(300);
  });

  test("the same bytes answer the same points object, so that drawn paths can be kept", () => {
    const bytes = pack({ points: [{ x: 1, y: 2, pressure: 0.5 }], measured: false });
    expect(unpackOnce(bytes)).toBe(unpackOnce(bytes));
  });
});

function withoutMinusZero({ x, y, pressure }: InkPoint): InkPoint {
  return { x: x + 0, y: y + 0, pressure };
}
