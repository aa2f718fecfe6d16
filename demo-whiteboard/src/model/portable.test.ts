import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import { boxPoints, type NewShape } from "./build.ts";
import { readShapes, writeShapes } from "./portable.ts";
import { peer } from "./testing.ts";

const style = { color: "red", size: "m", dash: "dashed", opacity: "half" } as const;
const points = [
  { x: 3, y: 4, pressure: 0.4 },
  { x: 20, y: 1, pressure: 0.8 },
];
const SHAPES: readonly NewShape[] = [
  { type: "rect", ...style, fill: "soft", box: [1, 2, 30, 40] },
  { type: "note", ...style, text: "<img src=x onerror=alert(1)>", box: [0, 0, 190, 190] },
  { type: "pen", ...style, measured: true, highlight: true, ...boxPoints(points) },
  { type: "arrow", ...style, ...boxPoints(points) },
];

function withShapes(...shapes: readonly unknown[]): string {
  return JSON.stringify({ format: "y-webpubsub/whiteboard", version: 1, shapes });
}

describe("shapes as text", () => {
  test("come back as they were, apart from their ids", () => {
    const { board } = peer(1);
    for (const [index, shape] of SHAPES.entries()) board.add(`shape-${index}`, shape, "Ada");
    const read = readShapes(writeShapes(board.shapes.ordered(), { indent: 1 }));
    expect(read).toEqual({
      ok: true,
      skipped: 0,
      shapes: board.shapes.ordered().map((shape, index) => ({ ...shape, id: `${index}` })),
    });
  });

  test.each([
    ["words", "hello"],
    ["nothing", ""],
    ["other JSON", '{"shapes":[]}'],
    ["a list", "[1,2]"],
    ["a newer version", '{"format":"y-webpubsub/whiteboard","version":2,"shapes":[]}'],
    ["no shapes", '{"format":"y-webpubsub/whiteboard","version":1}'],
    ["too many shapes", withShapes(...Array.from({ length: limits.importShapesMax + 1 }, () => 0))],
    ["too much text", `"${"x".repeat(limits.importCharactersMax)}"`],
  ])("%s is refused", (_name, text) => {
    expect(readShapes(text)).toMatchObject({ ok: false });
  });

  test("what is no shape is counted, and unsafe values fall back", () => {
    const box = [0, 0, 10, 10];
    const read = readShapes(
      withShapes(
        { type: "rect", box, color: "url(//evil)", id: "taken", z: "<b>", by: "x".repeat(999) },
        { type: "rect", box: [0, 0, 1e99, 1] },
        { type: "hologram", box },
        { type: "pen", box, points: "not base64!" },
        { type: "pen", box, points: [1, 2, 3] },
        { type: "pen", box, points: "A".repeat(limits.strokeBytesMax * 2) },
        { type: "text", box, text: { toString: "x" } },
        { __proto__: { type: "rect", box } },
        null,
        7,
      ),
    );
    expect(read).toMatchObject({ ok: true, skipped: 9, shapes: [{ id: "0", color: "black", z: "a0", fill: "none" }] });
    expect(read.ok && read.shapes[0]?.by).toHaveLength(limits.nameMax);
  });

  test("any text reads to shapes or to a problem, and never throws", () => {
    const keys = fc.constantFrom("type", "box", "color", "points", "text", "by", "z", "__proto__", "constructor");
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("pen", "rect", "note", "line", "AAAA"),
      fc.constant([0, 0, 5, 5]),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.dictionary(keys, value)).map((list) => withShapes(...list)),
        ),
        (text) => {
          const read = readShapes(text);
          expect(typeof read.ok).toBe("boolean");
        },
      ),
      { numRuns: 500 },
    );
  });
});
