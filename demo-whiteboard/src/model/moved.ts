import { boxPoints } from "./build.ts";
import type { InkPoint } from "./points.ts";
import type { Box, LineShape, Shape, TextShape, Traced } from "./schema.ts";

/** A box whose width and height may be negative: what was left is right then, what was above is below. */
export type Turned = Box;

/**
 * The shape after the box `from` around it became `to`: moved, stretched, turned over. Words are never mirrored; a text
 * keeps its proportions. A line that is level or upright takes its ends from the corners of `to`.
 */
export function moved(shape: Shape, from: Box, to: Turned): Shape {
  if (isLine(shape) && ((from[2] === 0 && to[2] !== 0) || (from[3] === 0 && to[3] !== 0))) return spanned(shape, to);
  const scaleX = from[2] > 0 ? to[2] / from[2] : 1;
  const scaleY = from[3] > 0 ? to[3] / from[3] : 1;
  const x = to[0] + (shape.box[0] - from[0]) * scaleX;
  const y = to[1] + (shape.box[1] - from[1]) * scaleY;
  if (shape.type === "text") return scaledText(shape, x, y, scaleX, scaleY);
  const box = upright([x, y, shape.box[2] * scaleX, shape.box[3] * scaleY]);
  if (!("points" in shape) || (scaleX > 0 && scaleY > 0)) return { ...shape, box };
  return { ...shape, box, points: mirrored(shape, scaleX < 0, scaleY < 0) };
}

/** The same box with sizes of at least 0. */
export function upright([x, y, width, height]: Turned): Box {
  return [Math.min(x, x + width), Math.min(y, y + height), Math.abs(width), Math.abs(height)];
}

/** What the box of a line must become, so that its ends lie at `first` and `second`. */
export function boxOfEnds(
  shape: LineShape,
  [first, second]: readonly [{ readonly x: number; readonly y: number }, { readonly x: number; readonly y: number }],
): Turned {
  const [a, b] = shape.points;
  const [left, right] = (a?.x ?? 0) <= (b?.x ?? 0) ? [first.x, second.x] : [second.x, first.x];
  const [top, bottom] = (a?.y ?? 0) <= (b?.y ?? 0) ? [first.y, second.y] : [second.y, first.y];
  return [left, top, right - left, bottom - top];
}

function isLine(shape: Shape): shape is LineShape {
  return shape.type === "line" || shape.type === "arrow";
}

function spanned(shape: LineShape, [x, y, width, height]: Turned): LineShape {
  const [a, b] = shape.points;
  if (!a || !b) return shape;
  const along = (p: number, q: number, start: number, size: number): readonly [number, number] =>
    p <= q ? [start, start + size] : [start + size, start];
  const [firstX, secondX] = along(a.x, b.x, x, width);
  const [firstY, secondY] = along(a.y, b.y, y, height);
  const { box, points } = boxPoints([
    { ...a, x: firstX, y: firstY },
    { ...b, x: secondX, y: secondY },
  ]);
  return { ...shape, box, points, extent: { width: box[2], height: box[3] } };
}

function scaledText(shape: TextShape, x: number, y: number, scaleX: number, scaleY: number): TextShape {
  const scale = Math.min(Math.abs(scaleX), Math.abs(scaleY));
  const [, , width, height] = shape.box;
  const box: Box = [
    scaleX < 0 ? x - width * scale : x,
    scaleY < 0 ? y - height * scale : y,
    width * scale,
    height * scale,
  ];
  return { ...shape, box, scale: shape.scale * scale };
}

const known = new WeakMap<readonly InkPoint[], Map<string, readonly InkPoint[]>>();

/** Remembered, so that a stroke that is being dragged keeps the path drawn from its points. */
function mirrored({ points, extent }: Traced, overX: boolean, overY: boolean): readonly InkPoint[] {
  const name = `${overX}${overY}`;
  const turns = known.get(points) ?? new Map<string, readonly InkPoint[]>();
  known.set(points, turns);
  let turned = turns.get(name);
  if (!turned) {
    turned = points.map((point) => ({
      ...point,
      x: overX ? extent.width - point.x : point.x,
      y: overY ? extent.height - point.y : point.y,
    }));
    turns.set(name, turned);
  }
  return turned;
}
