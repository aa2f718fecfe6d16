import * as Y from "yjs";
import { limits } from "../limits.ts";
import { type InkPoint, pack, snap } from "./points.ts";
import {
  type Box,
  type BoxShape,
  DASH_DEFAULT,
  type InkShape,
  isCoordinate,
  type LineShape,
  type NoteShape,
  OPACITY_DEFAULT,
  SCALE_DEFAULT,
  type Style,
  type TextShape,
} from "./schema.ts";

type Optional = { readonly [Key in "dash" | "opacity"]?: Style[Key] };

/**
 * What a tool hands in: a complete shape, except for the keys that the board gives. `points` are relative to the box;
 * a line has two.
 */
export type NewShape = Optional &
  (
    | (Pick<InkShape, "type" | "color" | "size" | "box" | "measured" | "points"> & { readonly highlight?: boolean })
    | Pick<LineShape, "type" | "color" | "size" | "box" | "points">
    | Pick<BoxShape, "type" | "color" | "size" | "fill" | "box">
    | (Pick<TextShape, "type" | "color" | "size" | "text" | "box"> & { readonly scale?: number })
    | Pick<NoteShape, "type" | "color" | "size" | "text" | "box">
  );

/** The shape as it is stored. Keys that have their usual value are left out: a stroke is to stay below 350 bytes. */
export function buildShape(shape: NewShape, z: string, by: string): Y.Map<unknown> {
  const map = new Y.Map<unknown>();
  map.set("type", shape.type);
  map.set("box", snapBox(shape.box));
  map.set("z", z);
  map.set("color", shape.color);
  map.set("size", shape.size);
  map.set("by", by.slice(0, limits.nameMax));
  if (hasDash(shape.type) && shape.dash && shape.dash !== DASH_DEFAULT) map.set("dash", shape.dash);
  if (shape.opacity && shape.opacity !== OPACITY_DEFAULT) map.set("opacity", shape.opacity);
  if ("fill" in shape) map.set("fill", shape.fill);
  if ("points" in shape) {
    map.set("points", pack({ points: shape.points, measured: shape.type === "pen" && shape.measured }));
  }
  if ("highlight" in shape && shape.highlight) map.set("highlight", true);
  if ("scale" in shape && shape.scale !== SCALE_DEFAULT) map.set("scale", shape.scale);
  if ("text" in shape) map.set("text", new Y.Text(shape.text));
  return map;
}

function hasDash(type: NewShape["type"]): boolean {
  return type !== "pen" && type !== "text" && type !== "note";
}

/** Points in the world as a box and points relative to it. */
export function boxPoints(points: readonly InkPoint[]): { readonly box: Box; readonly points: readonly InkPoint[] } {
  let minX = Number.POSITIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (const { x, y } of points) {
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
  }
  if (points.length === 0) return { box: [0, 0, 0, 0], points };
  const relative = points.map(({ x, y, pressure }) => ({ x: snap(x - minX), y: snap(y - minY), pressure }));
  return { box: snapBox([minX, minY, maxX - minX, maxY - minY]), points: relative };
}

export function snapBox(box: Box): Box {
  const inside = (value: number): number => {
    const bounded = Math.min(limits.coordinateMax, Math.max(-limits.coordinateMax, value));
    return isCoordinate(bounded) ? snap(bounded) : 0;
  };
  return [inside(box[0]), inside(box[1]), Math.max(0, inside(box[2])), Math.max(0, inside(box[3]))];
}
