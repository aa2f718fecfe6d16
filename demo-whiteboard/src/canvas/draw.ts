import type { BoxShape, ForeignShape, InkShape, OpacityName, Shape } from "../model/schema.ts";
import type { Point } from "./camera.ts";
import { diamondCorners, inkScale } from "./geometry.ts";
import { inkLine, inkOutline, inkTrace } from "./ink.ts";
import { dashOf, drawLine } from "./lines.ts";
import { highlightInk, PALETTE, strokeWidth, type Theme } from "./palette.ts";
import { drawNote, drawText } from "./words.ts";

/** Below this zoom the width of a stroke is smaller than a pixel: plain lines for ink. */
const PLAIN_INK_BELOW = 0.35;
const TRACE_BELOW = 0.15;
const CORNER = 10;
const OPACITY: Readonly<Record<OpacityName, number>> = { full: 1, half: 0.6, faint: 0.28 };
const HIGHLIGHT_ALPHA = 0.4;

/** Draws one shape. The context is in world coordinates. */
export function drawShape(context: CanvasRenderingContext2D, shape: Shape, theme: Theme, zoom: number): void {
  const alpha = alphaOf(shape);
  const before = context.globalAlpha;
  if (alpha !== 1) context.globalAlpha = before * alpha;
  switch (shape.type) {
    case "pen":
      drawInk(context, shape, theme, zoom);
      break;
    case "line":
    case "arrow":
      drawLine(context, shape, theme);
      break;
    case "rect":
    case "ellipse":
    case "diamond":
      drawBox(context, shape, theme);
      break;
    case "text":
      drawText(context, shape, theme, zoom);
      break;
    case "note":
      drawNote(context, shape, theme, zoom);
      break;
    case "foreign":
      drawForeign(context, shape, theme);
      break;
  }
  if (alpha !== 1) context.globalAlpha = before;
}

function alphaOf(shape: Shape): number {
  if (shape.type === "foreign") return 1;
  const opacity = OPACITY[shape.opacity];
  return shape.type === "pen" && shape.highlight ? opacity * HIGHLIGHT_ALPHA : opacity;
}

function drawInk(context: CanvasRenderingContext2D, shape: InkShape, theme: Theme, zoom: number): void {
  const color = shape.highlight ? highlightInk(theme, shape.color) : PALETTE[theme][shape.color].stroke;
  const scale = inkScale(shape);
  const width = strokeWidth(shape);
  const { points, measured, highlight } = shape;
  const form = { points, measured, even: highlight, width, scaleX: scale.x, scaleY: scale.y };
  context.save();
  context.translate(shape.box[0], shape.box[1]);
  if (zoom < PLAIN_INK_BELOW) {
    context.strokeStyle = color;
    context.lineWidth = highlight ? width : width * 0.7;
    context.lineJoin = "round";
    context.lineCap = "round";
    context.stroke(zoom < TRACE_BELOW ? inkTrace(form) : inkLine(form));
  } else {
    context.fillStyle = color;
    context.fill(inkOutline(form));
  }
  context.restore();
}

function drawBox(context: CanvasRenderingContext2D, shape: BoxShape, theme: Theme): void {
  const [x, y, width, height] = shape.box;
  const ink = PALETTE[theme][shape.color];
  context.beginPath();
  if (shape.type === "rect") context.roundRect(x, y, width, height, Math.min(CORNER, width / 4, height / 4));
  else if (shape.type === "ellipse")
    context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, Math.PI * 2);
  else tracePolygon(context, diamondCorners(shape.box));
  if (shape.fill !== "none") {
    context.fillStyle = shape.fill === "soft" ? ink.soft : ink.stroke;
    context.fill();
  }
  const line = strokeWidth(shape);
  context.strokeStyle = ink.stroke;
  context.lineWidth = line;
  if (shape.dash !== "solid") context.setLineDash(dashOf(shape.dash, line));
  context.lineJoin = "round";
  context.stroke();
  if (shape.dash !== "solid") context.setLineDash([]);
}

function tracePolygon(context: CanvasRenderingContext2D, corners: readonly Point[]): void {
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
}

function drawForeign(context: CanvasRenderingContext2D, shape: ForeignShape, theme: Theme): void {
  const [x, y, width, height] = shape.box;
  const ink = PALETTE[theme].grey;
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, 6);
  context.fillStyle = ink.soft;
  context.fill();
  context.setLineDash([6, 6]);
  context.lineWidth = 1.5;
  context.strokeStyle = ink.stroke;
  context.stroke();
  context.restore();
}
