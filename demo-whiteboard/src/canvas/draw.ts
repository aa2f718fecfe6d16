import type { BoxShape, ForeignShape, InkShape, Shape, TextShape } from "../model/schema.ts";
import type { Size } from "./camera.ts";
import { inkScale } from "./geometry.ts";
import { inkLine, inkOutline } from "./ink.ts";
import { FONT_FAMILY, fontPixels, LINE_HEIGHT, PALETTE, strokeWidth, type Theme } from "./palette.ts";

/** Below these zooms details are smaller than a pixel: plain lines for ink, bars for text. */
const PLAIN_INK_BELOW = 0.35;
const BAR_TEXT_BELOW = 0.2;
const CORNER = 10;

/** Draws one shape. The context is in world coordinates. */
export function drawShape(context: CanvasRenderingContext2D, shape: Shape, theme: Theme, zoom: number): void {
  switch (shape.type) {
    case "pen":
      drawInk(context, shape, theme, zoom);
      break;
    case "rect":
    case "ellipse":
      drawBox(context, shape, theme);
      break;
    case "text":
      drawText(context, shape, theme, zoom);
      break;
    case "foreign":
      drawForeign(context, shape, theme);
      break;
  }
}

function drawInk(context: CanvasRenderingContext2D, shape: InkShape, theme: Theme, zoom: number): void {
  const color = PALETTE[theme][shape.color].stroke;
  const scale = inkScale(shape);
  const width = strokeWidth(shape);
  const form = { points: shape.points, measured: shape.measured, width, scaleX: scale.x, scaleY: scale.y };
  context.save();
  context.translate(shape.box[0], shape.box[1]);
  if (zoom < PLAIN_INK_BELOW) {
    context.strokeStyle = color;
    context.lineWidth = width * 0.7;
    context.lineJoin = "round";
    context.lineCap = "round";
    context.stroke(inkLine(form));
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
  else context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, Math.PI * 2);
  if (shape.fill !== "none") {
    context.fillStyle = shape.fill === "soft" ? ink.soft : ink.stroke;
    context.fill();
  }
  context.strokeStyle = ink.stroke;
  context.lineWidth = strokeWidth(shape);
  context.stroke();
}

function drawText(context: CanvasRenderingContext2D, shape: TextShape, theme: Theme, zoom: number): void {
  const [x, y, width] = shape.box;
  const pixels = fontPixels(shape.size);
  context.fillStyle = PALETTE[theme][shape.color].stroke;
  const lines = shape.text.split("\n");
  if (zoom < BAR_TEXT_BELOW) {
    lines.forEach((line, index) => {
      if (line !== "") context.fillRect(x, y + (index + 0.35) * pixels * LINE_HEIGHT, width, pixels * 0.4);
    });
    return;
  }
  context.font = textFont(pixels);
  context.textBaseline = "middle";
  lines.forEach((line, index) => {
    context.fillText(line, x, y + (index + 0.5) * pixels * LINE_HEIGHT);
  });
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

function textFont(pixels: number): string {
  return `500 ${pixels}px ${FONT_FAMILY}`;
}

/** The size that a text takes on this machine, in world units. */
export function measureText(context: CanvasRenderingContext2D, shape: Pick<TextShape, "text" | "size">): Size {
  const pixels = fontPixels(shape.size);
  context.font = textFont(pixels);
  const lines = shape.text.split("\n");
  const widest = Math.max(...lines.map((line) => context.measureText(line).width));
  return { width: Math.ceil(widest), height: Math.ceil(lines.length * pixels * LINE_HEIGHT) };
}
