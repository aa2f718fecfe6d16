import type { LineShape } from "../model/schema.ts";
import type { Point } from "./camera.ts";
import { pointsInWorld } from "./geometry.ts";
import { PALETTE, strokeWidth, type Theme } from "./palette.ts";

const HEAD_ANGLE = Math.PI / 7;
/** The head grows with the line's width, and is never longer than this share of the line. */
const HEAD_SHARE_MAX = 0.45;

export function drawLine(context: CanvasRenderingContext2D, shape: LineShape, theme: Theme): void {
  const [from, to] = pointsInWorld(shape);
  if (!from || !to) return;
  const width = strokeWidth(shape);
  context.strokeStyle = PALETTE[theme][shape.color].stroke;
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.setLineDash(dashOf(shape.dash, width));
  context.stroke();
  context.setLineDash([]);
  if (shape.type === "arrow") {
    const [left, right] = arrowHead(from, to, width);
    context.beginPath();
    context.moveTo(left.x, left.y);
    context.lineTo(to.x, to.y);
    context.lineTo(right.x, right.y);
    context.stroke();
  }
  context.lineCap = "butt";
  context.lineJoin = "miter";
}

/** Dashes and gaps for a line of this width; none for a solid one. */
export function dashOf(dash: LineShape["dash"], width: number): number[] {
  return dash === "dashed" ? [width * 2.6, width * 2.4] : [];
}

/** Where the two strokes of an arrow's head begin. */
function arrowHead(from: Point, to: Point, width: number): readonly [Point, Point] {
  const way = Math.hypot(to.x - from.x, to.y - from.y);
  const length = Math.min(way * HEAD_SHARE_MAX, 8 + width * 3.2);
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const end = (turn: number): Point => ({
    x: to.x - length * Math.cos(angle + turn),
    y: to.y - length * Math.sin(angle + turn),
  });
  return [end(HEAD_ANGLE), end(-HEAD_ANGLE)];
}
