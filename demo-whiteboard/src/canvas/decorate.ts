import type { Box, ColorName, Shape } from "../model/schema.ts";
import { type Bounds, type Camera, type Point, toScreen } from "./camera.ts";
import { boundsOfBox, type Handle, handlePoint } from "./geometry.ts";
import { FONT_FAMILY, NAME_INK, SURFACE, type Theme } from "./palette.ts";

/** What lies over the shapes, in screen pixels: it keeps its size at every zoom. */

const HANDLE_SIZE = 9;
const GAP = 4;
/** Of more shapes only the frame around all is drawn. */
const OUTLINED_MAX = 500;

/** What is selected, and what of it can be pulled. */
export interface Selected {
  readonly bounds: Bounds;
  readonly shapes: readonly Shape[];
  readonly handles: readonly Handle[];
  /** The ends of a line that is selected alone: it has no frame. */
  readonly ends: readonly Point[];
}

export function drawSelection(
  context: CanvasRenderingContext2D,
  selection: Selected,
  camera: Camera,
  theme: Theme,
): void {
  const { accent, handle: inside } = SURFACE[theme];
  context.strokeStyle = accent;
  context.lineWidth = 1;
  if (selection.shapes.length > 1 && selection.shapes.length <= OUTLINED_MAX) {
    context.globalAlpha = 0.55;
    for (const shape of selection.shapes) strokeBounds(context, onScreen(boundsOfBox(shape.box), camera), GAP / 2);
    context.globalAlpha = 1;
  }
  const bounds = onScreen(selection.bounds, camera);
  context.lineWidth = 1.5;
  if (selection.ends.length > 0) {
    for (const end of selection.ends) drawEnd(context, toScreen(camera, end), inside);
    return;
  }
  strokeBounds(context, bounds, GAP);
  if (selection.handles.length === 0) return;
  const around = grow(bounds, GAP);
  const small = around.maxX - around.minX < 48 || around.maxY - around.minY < 48;
  for (const handle of selection.handles) {
    if (small && handle.length === 1) continue;
    const { x, y } = handlePoint(around, handle);
    context.beginPath();
    context.roundRect(x - HANDLE_SIZE / 2, y - HANDLE_SIZE / 2, HANDLE_SIZE, HANDLE_SIZE, 2.5);
    context.fillStyle = inside;
    context.fill();
    context.stroke();
  }
}

function drawEnd(context: CanvasRenderingContext2D, { x, y }: Point, inside: string): void {
  context.beginPath();
  context.arc(x, y, HANDLE_SIZE / 2 + 0.5, 0, Math.PI * 2);
  context.fillStyle = inside;
  context.fill();
  context.stroke();
}

export function drawMarquee(context: CanvasRenderingContext2D, marquee: Bounds, camera: Camera, theme: Theme): void {
  const { minX, minY, maxX, maxY } = onScreen(marquee, camera);
  context.fillStyle = SURFACE[theme].accent;
  context.globalAlpha = 0.1;
  context.fillRect(minX, minY, maxX - minX, maxY - minY);
  context.globalAlpha = 1;
  context.strokeStyle = SURFACE[theme].accent;
  context.lineWidth = 1;
  context.strokeRect(minX + 0.5, minY + 0.5, maxX - minX, maxY - minY);
}

/** The frame around what someone else has selected. */
export function drawOutline(
  context: CanvasRenderingContext2D,
  box: Box,
  camera: Camera,
  color: ColorName,
  theme: Theme,
): void {
  context.strokeStyle = NAME_INK[theme][color].back;
  context.lineWidth = 1.5;
  strokeBounds(context, onScreen(boundsOfBox(box), camera), GAP);
}

const ARROW = [
  [0, 0],
  [4.6, 15.2],
  [7.4, 8.6],
  [14, 6],
] as const;

export function drawCursor(
  context: CanvasRenderingContext2D,
  cursor: { readonly at: Point; readonly name: string; readonly color: ColorName; readonly alpha: number },
  camera: Camera,
  theme: Theme,
): void {
  const { x, y } = toScreen(camera, cursor.at);
  const ink = NAME_INK[theme][cursor.color];
  context.save();
  context.translate(x, y);
  context.globalAlpha = cursor.alpha;
  context.beginPath();
  for (const [atX, atY] of ARROW) context.lineTo(atX, atY);
  context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = SURFACE[theme].paper;
  context.stroke();
  context.fillStyle = ink.back;
  context.fill();
  context.lineWidth = 1.2;
  context.strokeStyle = ink.back;
  context.stroke();
  context.font = `600 12px ${FONT_FAMILY}`;
  const width = context.measureText(cursor.name).width + 16;
  context.beginPath();
  context.roundRect(12, 16, width, 22, 11);
  context.fill();
  context.fillStyle = ink.text;
  context.textBaseline = "middle";
  context.fillText(cursor.name, 20, 27.5);
  context.restore();
}

function onScreen(bounds: Bounds, camera: Camera): Bounds {
  const from = toScreen(camera, { x: bounds.minX, y: bounds.minY });
  const to = toScreen(camera, { x: bounds.maxX, y: bounds.maxY });
  return { minX: from.x, minY: from.y, maxX: to.x, maxY: to.y };
}

function grow({ minX, minY, maxX, maxY }: Bounds, by: number): Bounds {
  return { minX: minX - by, minY: minY - by, maxX: maxX + by, maxY: maxY + by };
}

function strokeBounds(context: CanvasRenderingContext2D, bounds: Bounds, gap: number): void {
  const { minX, minY, maxX, maxY } = grow(bounds, gap);
  context.beginPath();
  context.roundRect(minX, minY, maxX - minX, maxY - minY, 4);
  context.stroke();
}
