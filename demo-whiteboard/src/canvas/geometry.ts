import type { Box, Shape, Traced } from "../model/schema.ts";
import type { Bounds, Point } from "./camera.ts";
import { strokeWidth } from "./palette.ts";

export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;
export type Handle = (typeof HANDLES)[number];

export function boundsOfBox([x, y, width, height]: Box): Bounds {
  return { minX: x, minY: y, maxX: x + width, maxY: y + height };
}

export function boxOfBounds({ minX, minY, maxX, maxY }: Bounds): Box {
  return [minX, minY, maxX - minX, maxY - minY];
}

export function boundsBetween(a: Point, b: Point): Bounds {
  return { minX: Math.min(a.x, b.x), minY: Math.min(a.y, b.y), maxX: Math.max(a.x, b.x), maxY: Math.max(a.y, b.y) };
}

/** The bounds around all boxes, or null for none. */
export function union(boxes: Iterable<Box>): Bounds | null {
  let all: Bounds | null = null;
  for (const box of boxes) {
    const one = boundsOfBox(box);
    all = all
      ? {
          minX: Math.min(all.minX, one.minX),
          minY: Math.min(all.minY, one.minY),
          maxX: Math.max(all.maxX, one.maxX),
          maxY: Math.max(all.maxY, one.maxY),
        }
      : one;
  }
  return all;
}

export function contains(bounds: Bounds, point: Point, margin = 0): boolean {
  return (
    point.x >= bounds.minX - margin &&
    point.x <= bounds.maxX + margin &&
    point.y >= bounds.minY - margin &&
    point.y <= bounds.maxY + margin
  );
}

function overlaps(a: Bounds, b: Bounds): boolean {
  return a.minX <= b.maxX && a.maxX >= b.minX && a.minY <= b.maxY && a.maxY >= b.minY;
}

/** Does a click at `point` mean this shape: its ink, its outline, or what fills it. `tolerance` is in world units. */
export function hits(shape: Shape, point: Point, tolerance: number): boolean {
  const bounds = boundsOfBox(shape.box);
  const reach = tolerance + ("size" in shape ? strokeWidth(shape) / 2 : 0);
  if (!contains(bounds, point, reach)) return false;
  switch (shape.type) {
    case "pen":
    case "line":
    case "arrow":
      return distanceToPoints(shape, point) <= reach;
    case "rect":
      return shape.fill !== "none" || !contains(bounds, point, -reach);
    case "ellipse": {
      const [x, y, width, height] = shape.box;
      const centre = { x: x + width / 2, y: y + height / 2 };
      if (!insideEllipse(point, centre, width / 2 + reach, height / 2 + reach)) return false;
      return shape.fill !== "none" || !insideEllipse(point, centre, width / 2 - reach, height / 2 - reach);
    }
    case "diamond":
      return hitsDiamond(shape.box, shape.fill !== "none", point, reach);
    case "text":
    case "note":
    case "foreign":
      return true;
  }
}

/** Does a marquee take this shape: it touches the box, and for ink and lines the stroke itself. */
export function caught(shape: Shape, marquee: Bounds): boolean {
  if (!overlaps(boundsOfBox(shape.box), marquee)) return false;
  if (!("points" in shape)) return true;
  const points = pointsInWorld(shape);
  if (points.some((point) => contains(marquee, point))) return true;
  return points.some((point, index) => {
    const next = points[index + 1];
    return next !== undefined && segmentMeets(point, next, marquee);
  });
}

/** Does the way of an eraser from `a` to `b` touch the shape. Sampled every half `radius`, at most 64 times. */
export function swept(shape: Shape, a: Point, b: Point, radius: number): boolean {
  const steps = Math.min(64, Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / (radius / 2))));
  for (let step = 0; step <= steps; step += 1) {
    const part = step / steps;
    if (hits(shape, { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }, radius)) return true;
  }
  return false;
}

export function handlePoint({ minX, minY, maxX, maxY }: Bounds, handle: Handle): Point {
  const x = handle.includes("w") ? minX : handle.includes("e") ? maxX : (minX + maxX) / 2;
  const y = handle.includes("n") ? minY : handle.includes("s") ? maxY : (minY + maxY) / 2;
  return { x, y };
}

/** The one of these handles under `point`, corners before sides. */
export function handleAt(
  bounds: Bounds,
  point: Point,
  tolerance: number,
  handles: readonly Handle[] = HANDLES,
): Handle | null {
  const corners = handles.filter((handle) => handle.length === 2);
  const sides = handles.filter((handle) => handle.length === 1);
  for (const handle of [...corners, ...sides]) {
    const at = handlePoint(bounds, handle);
    if (Math.abs(at.x - point.x) <= tolerance && Math.abs(at.y - point.y) <= tolerance) return handle;
  }
  return null;
}

const SIDE_MIN = 4;

/**
 * The bounds after a handle was pulled, turned over (`maxX` below `minX`) when it was pulled beyond the other side.
 * `square` keeps the proportions of a corner; `centred` keeps the middle.
 */
export function resize(
  from: Bounds,
  handle: Handle,
  pulled: Point,
  { square, centred }: { readonly square: boolean; readonly centred: boolean },
): Bounds {
  const width = from.maxX - from.minX;
  const height = from.maxY - from.minY;
  const towardsX = handle.includes("e") ? 1 : handle.includes("w") ? -1 : 0;
  const towardsY = handle.includes("s") ? 1 : handle.includes("n") ? -1 : 0;
  const times = centred ? 2 : 1;
  let nextWidth = notFlat(width + pulled.x * towardsX * times, width);
  let nextHeight = notFlat(height + pulled.y * towardsY * times, height);
  if (square && towardsX !== 0 && towardsY !== 0 && width > 0 && height > 0) {
    const scale = Math.max(Math.abs(nextWidth / width), Math.abs(nextHeight / height));
    nextWidth = width * scale * Math.sign(nextWidth);
    nextHeight = height * scale * Math.sign(nextHeight);
  }
  const growX = nextWidth - width;
  const growY = nextHeight - height;
  const before = (towards: number, grow: number): number =>
    centred || towards === 0 ? grow / 2 : towards < 0 ? grow : 0;
  const minX = from.minX - before(towardsX, growX);
  const minY = from.minY - before(towardsY, growY);
  return { minX, minY, maxX: minX + nextWidth, maxY: minY + nextHeight };
}

/** A side keeps a length, so that it can be pulled apart again; one that never had any may stay flat. */
function notFlat(size: number, before: number): number {
  const least = Math.min(SIDE_MIN, before);
  return Math.abs(size) >= least ? size : size < 0 ? -least : least;
}

export function inkScale(shape: Traced): { readonly x: number; readonly y: number } {
  return {
    x: shape.extent.width > 0 ? shape.box[2] / shape.extent.width : 1,
    y: shape.extent.height > 0 ? shape.box[3] / shape.extent.height : 1,
  };
}

export function pointsInWorld(shape: Traced): readonly Point[] {
  const scale = inkScale(shape);
  return shape.points.map((point) => ({ x: shape.box[0] + point.x * scale.x, y: shape.box[1] + point.y * scale.y }));
}

function distanceToPoints(shape: Traced, point: Point): number {
  const points = pointsInWorld(shape);
  let nearest = Number.POSITIVE_INFINITY;
  points.forEach((end, index) => {
    nearest = Math.min(nearest, distanceToSegment(point, points[index - 1] ?? end, end));
  });
  return nearest;
}

/** Top, right, bottom, left. */
export function diamondCorners([x, y, width, height]: Box): readonly Point[] {
  return [
    { x: x + width / 2, y },
    { x: x + width, y: y + height / 2 },
    { x: x + width / 2, y: y + height },
    { x, y: y + height / 2 },
  ];
}

function hitsDiamond(box: Box, filled: boolean, point: Point, reach: number): boolean {
  const corners = diamondCorners(box);
  const [x, y, width, height] = box;
  const away = Math.abs(point.x - x - width / 2) / (width / 2) + Math.abs(point.y - y - height / 2) / (height / 2);
  if (filled && away <= 1) return true;
  return corners.some((corner, index) => {
    const next = corners[(index + 1) % corners.length] ?? corner;
    return distanceToSegment(point, corner, next) <= reach;
  });
}

export function distanceToSegment(point: Point, a: Point, b: Point): number {
  const lengthSquared = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const along =
    lengthSquared === 0 ? 0 : ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / lengthSquared;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - (a.x + (b.x - a.x) * part), point.y - (a.y + (b.y - a.y) * part));
}

function insideEllipse(point: Point, centre: Point, radiusX: number, radiusY: number): boolean {
  if (radiusX <= 0 || radiusY <= 0) return false;
  return ((point.x - centre.x) / radiusX) ** 2 + ((point.y - centre.y) / radiusY) ** 2 <= 1;
}

/** Liang-Barsky: does any part of the segment lie in the bounds. */
function segmentMeets(a: Point, b: Point, { minX, minY, maxX, maxY }: Bounds): boolean {
  let enter = 0;
  let leave = 1;
  const edges = [
    [a.x - b.x, a.x - minX],
    [b.x - a.x, maxX - a.x],
    [a.y - b.y, a.y - minY],
    [b.y - a.y, maxY - a.y],
  ] as const;
  for (const [slope, room] of edges) {
    if (slope === 0 && room < 0) return false;
    if (slope < 0) enter = Math.max(enter, room / slope);
    if (slope > 0) leave = Math.min(leave, room / slope);
  }
  return enter <= leave;
}
