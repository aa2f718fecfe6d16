import type { Point } from "../canvas/camera.ts";
import { HANDLES, type Handle, pointsInWorld } from "../canvas/geometry.ts";
import type { LineShape, Shape } from "../model/schema.ts";

const CORNERS: readonly Handle[] = HANDLES.filter((handle) => handle.length === 2);

/** What a selection can be pulled by: words keep their proportions, a line alone is pulled by its ends. */
export function handlesOf(shapes: readonly Shape[]): readonly Handle[] {
  if (onlyLine(shapes)) return [];
  return shapes.every((shape) => shape.type === "text") ? CORNERS : HANDLES;
}

/** The line that alone is selected, or null. */
export function onlyLine([first, second]: readonly Shape[]): LineShape | null {
  return first && !second && (first.type === "line" || first.type === "arrow") ? first : null;
}

/** The two ends of a line that alone is selected; none for anything else. */
export function lineEnds(shapes: readonly Shape[]): readonly Point[] {
  const line = onlyLine(shapes);
  return line ? pointsInWorld(line) : [];
}

export const HANDLE_CURSORS: Readonly<Record<Handle, string>> = {
  nw: "nwse-resize",
  n: "ns-resize",
  ne: "nesw-resize",
  e: "ew-resize",
  se: "nwse-resize",
  s: "ns-resize",
  sw: "nesw-resize",
  w: "ew-resize",
};
