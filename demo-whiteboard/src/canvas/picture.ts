import { limits } from "../limits.ts";
import type { Shape } from "../model/schema.ts";
import { type Bounds, frame } from "./camera.ts";
import { drawShape } from "./draw.ts";
import { union } from "./geometry.ts";
import { SURFACE, type Theme } from "./palette.ts";

const MARGIN = 32;
const SCALE = 2;

export interface Picture {
  /** Bottom first. */
  readonly shapes: readonly Shape[];
  readonly bounds: Bounds;
  readonly theme: Theme;
}

/** Paints shapes on their paper with a margin, two pixels a world unit or as many as the bounds of a picture allow. */
export function paintPicture(canvas: HTMLCanvasElement, { shapes, bounds, theme }: Picture): HTMLCanvasElement | null {
  const { width, height, scale } = pictureSize(bounds);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = SURFACE[theme].paper;
  context.fillRect(0, 0, width, height);
  context.setTransform(scale, 0, 0, scale, (MARGIN - bounds.minX) * scale, (MARGIN - bounds.minY) * scale);
  for (const shape of shapes) drawShape(context, shape, theme, scale);
  return canvas;
}

/** Fills a small canvas with all of the shapes, as large as they fit. */
export function paintThumbnail(canvas: HTMLCanvasElement, shapes: readonly Shape[], theme: Theme): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = SURFACE[theme].paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const bounds = union(shapes.map(({ box }) => box));
  if (!bounds) return;
  const { x, y, zoom } = frame(bounds, canvas, { width: 8, height: 8 });
  context.setTransform(zoom, 0, 0, zoom, -x * zoom, -y * zoom);
  for (const shape of shapes) drawShape(context, shape, theme, zoom);
}

/** Pixels of a picture of these bounds, and pixels a world unit. */
export function pictureSize({ minX, minY, maxX, maxY }: Bounds): {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
} {
  const width = maxX - minX + 2 * MARGIN;
  const height = maxY - minY + 2 * MARGIN;
  const { pictureSideMax, picturePixelsMax } = limits;
  const scale = Math.min(
    SCALE,
    pictureSideMax / width,
    pictureSideMax / height,
    Math.sqrt(picturePixelsMax / (width * height)),
  );
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)), scale };
}
