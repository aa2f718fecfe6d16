import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { limits } from "../limits.ts";
import { pack } from "./points.ts";
import { parseBox, parseShape } from "./schema.ts";

describe("parseShape", () => {
  test("reads each type of shape", () => {
    const points = [
      { x: 0, y: 0, pressure: 0.5 },
      { x: 10, y: 4, pressure: 0.5 },
    ];
    const common = { box: [1, 2, 10, 4], z: "a1", color: "red", size: "l", by: "Ada" };
    expect(parse({ ...common, type: "rect", fill: "soft" })).toEqual({
      id: "id",
      ...common,
      type: "rect",
      fill: "soft",
      dash: "solid",
      opacity: "full",
    });
    const styled = parse({ ...common, type: "diamond", fill: "none", dash: "dashed", opacity: "faint" });
    expect(styled).toMatchObject({ type: "diamond", dash: "dashed", opacity: "faint" });
    expect(parse({ ...common, type: "arrow", points: pack({ points, measured: false }) })).toEqual({
      id: "id",
      ...common,
      type: "arrow",
      points,
      extent: { width: 10, height: 4 },
      dash: "solid",
      opacity: "full",
    });
    expect(parse({ ...common, type: "note", text: new Y.Text("a\nb") })).toMatchObject({ type: "note", text: "a\nb" });
    const marked = { ...common, type: "pen", points: pack({ points, measured: false }), highlight: true };
    expect(parse(marked)).toMatchObject({ highlight: true });
    expect(parse({ ...marked, highlight: "yes" })).toMatchObject({ highlight: false });
    expect(parse({ ...common, type: "pen", points: pack({ points, measured: false }) })).toEqual({
      id: "id",
      ...common,
      type: "pen",
      points,
      measured: false,
      highlight: false,
      opacity: "full",
      extent: { width: 10, height: 4 },
    });
    expect(parse({ ...common, type: "text", text: new Y.Text("hello") })).toMatchObject({
      type: "text",
      text: "hello",
    });
  });

  test("a shape of a newer client is kept as a placeholder", () => {
    expect(parse({ type: "hologram", box: [0, 0, 5, 5], depth: 3 })).toMatchObject({
      type: "foreign",
      named: "hologram",
    });
  });

  test("styles outside of the palette fall back, and never reach the page", () => {
    const shape = parse({
      type: "rect",
      box: [0, 0, 1, 1],
      color: "url(//evil)",
      size: 9,
      fill: {},
      dash: 3,
      opacity: "0",
      z: "<b>",
      by: 4,
    });
    expect(shape).toMatchObject({
      color: "black",
      size: "m",
      fill: "none",
      dash: "solid",
      opacity: "full",
      z: "a0",
      by: "",
    });
  });

  test.each([
    ["no box", { type: "rect" }],
    ["a box of text", { type: "rect", box: "0,0,1,1" }],
    ["a short box", { type: "rect", box: [0, 0, 1] }],
    ["NaN", { type: "rect", box: [Number.NaN, 0, 1, 1] }],
    ["infinity", { type: "rect", box: [0, Number.POSITIVE_INFINITY, 1, 1] }],
    ["a place out of the plane", { type: "rect", box: [limits.coordinateMax * 2, 0, 1, 1] }],
    ["no type", { box: [0, 0, 1, 1] }],
    ["ink without bytes", { type: "pen", box: [0, 0, 1, 1], points: [1, 2] }],
    ["ink of broken bytes", { type: "pen", box: [0, 0, 1, 1], points: Uint8Array.from([9]) }],
    ["a line of one point", { type: "line", box: [0, 0, 1, 1], points: Uint8Array.from([0, 2, 2]) }],
    ["an arrow of three points", { type: "arrow", box: [0, 0, 1, 1], points: Uint8Array.from([0, 2, 2, 2, 2, 2, 2]) }],
    ["a note that is a number", { type: "note", box: [0, 0, 1, 1], text: 4 }],
    ["a text that is a string", { type: "text", box: [0, 0, 1, 1], text: "hello" }],
  ])("%s is not drawn", (_name, keys) => {
    expect(parse(keys)).toBeNull();
  });

  test("what is not a Y.Map is not drawn", () => {
    for (const value of [null, undefined, 7, "rect", [], {}, new Y.Text("x"), new Y.Array()]) {
      expect(parseShape("id", value)).toBeNull();
    }
  });

  test("a long text is cut for drawing, and negative sizes become 0", () => {
    const text = new Y.Text("x".repeat(limits.textDrawnMax + 5));
    expect(parse({ type: "text", box: [0, 0, -4, -1], text })).toMatchObject({
      box: [0, 0, 0, 0],
      text: "x".repeat(limits.textDrawnMax),
    });
  });

  test("random values under every key never throw", () => {
    const keys = fc.constantFrom(
      "type",
      "box",
      "z",
      "color",
      "fill",
      "size",
      "points",
      "text",
      "by",
      "dash",
      "opacity",
      "highlight",
      "__proto__",
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.uint8Array(),
      fc.array(fc.double(), { minLength: 4, maxLength: 4 }),
      fc.constantFrom("pen", "rect", "ellipse", "diamond", "line", "arrow", "text", "note"),
    );
    fc.assert(
      fc.property(fc.dictionary(keys, value), (random) => {
        const shape = parse(random);
        if (shape) expect(parseBox(shape.box)).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

function parse(keys: Readonly<Record<string, unknown>>): ReturnType<typeof parseShape> {
  const map = new Y.Map<unknown>(Object.entries(keys));
  new Y.Doc().getMap("shapes").set("id", map);
  return parseShape("id", map);
}
