import type { ColorName, Shape } from "../model/schema.ts";
import type { Bounds, Camera, Point, Size } from "./camera.ts";
import { drawCursor, drawMarquee, drawOutline, drawSelection, type Selected } from "./decorate.ts";
import { drawShape } from "./draw.ts";
import { SURFACE, type Theme } from "./palette.ts";

/** What the board looks like now. The renderer asks for it; it never listens to a document. */
export interface Scene {
  readonly camera: () => Camera;
  readonly theme: () => Theme;
  /** Shapes at rest in the area, bottom first. */
  back(area: Bounds): Iterable<Shape>;
  /** Everything that moves. */
  front(now: number): Front;
}

export interface Front {
  readonly shapes: readonly Shape[];
  /** Shapes under the eraser. */
  readonly fading: readonly Shape[];
  readonly marquee: Bounds | null;
  readonly selection: Selected | null;
  readonly others: readonly { readonly color: ColorName; readonly shapes: readonly Shape[] }[];
  readonly cursors: readonly {
    readonly at: Point;
    readonly name: string;
    readonly color: ColorName;
    readonly alpha: number;
  }[];
  /** The next frame differs without any news. */
  readonly moving: boolean;
}

/** "front": only what moves changed. "camera": the same shapes from another place. "all": anything else. */
export type Repaint = "front" | "camera" | "all";
type Dirty = Repaint | "nothing";
const WEIGHT: Readonly<Record<Dirty, number>> = { nothing: 0, front: 1, camera: 2, all: 3 };

/** What the lower canvas shows: while only the place changes, its picture is shifted and the new edges are painted. */
interface Painted {
  readonly theme: Theme;
  readonly zoom: number;
  /** Device pixels from the world's origin to the top left. */
  readonly left: number;
  readonly top: number;
}

interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const GRID_STEP = 24;
const GRID_STEP_PIXELS_MIN = 15;
const FADING_ALPHA = 0.25;

/** Two canvases: shapes at rest below, what moves above. Each is painted at most once a frame, and only when it changed. */
export class Renderer {
  private readonly back: CanvasRenderingContext2D;
  private readonly front: CanvasRenderingContext2D;
  private readonly scene: Scene;
  private ratio = 1;
  private dirty: Dirty = "nothing";
  private frame: number | null = null;
  private painted: Painted | null = null;

  constructor(back: HTMLCanvasElement, front: HTMLCanvasElement, scene: Scene) {
    this.back = contextOf(back, { alpha: false });
    this.front = contextOf(front, { alpha: true });
    this.scene = scene;
  }

  dispose(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
  }

  resize(view: Size, ratio: number): void {
    this.ratio = ratio;
    for (const { canvas } of [this.back, this.front]) {
      canvas.width = Math.round(view.width * ratio);
      canvas.height = Math.round(view.height * ratio);
    }
    // In the same task: a resized canvas is empty, and an empty frame would flash.
    this.painted = null;
    this.dirty = "all";
    this.paint();
  }

  invalidate(what: Repaint): void {
    if (WEIGHT[what] > WEIGHT[this.dirty]) this.dirty = what;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  private paint(): void {
    const dirty = this.dirty;
    this.dirty = "nothing";
    if (dirty === "all") this.painted = null;
    if (dirty === "all" || dirty === "camera") this.paintBack();
    if (dirty !== "nothing" && this.paintFront()) this.invalidate("front");
  }

  private paintBack(): void {
    const theme = this.scene.theme();
    const { zoom, x, y } = this.scene.camera();
    const scale = zoom * this.ratio;
    const now: Painted = { theme, zoom, left: Math.round(x * scale), top: Math.round(y * scale) };
    const before = this.painted;
    this.painted = now;
    const { width, height } = this.back.canvas;
    const byX = before ? before.left - now.left : 0;
    const byY = before ? before.top - now.top : 0;
    const reusable = before?.zoom === zoom && before.theme === theme && Math.abs(byX) < width && Math.abs(byY) < height;
    if (!reusable) {
      this.paintPart(now, { x: 0, y: 0, width, height });
      return;
    }
    if (byX === 0 && byY === 0) return;
    this.back.setTransform(1, 0, 0, 1, 0, 0);
    this.back.globalCompositeOperation = "copy";
    this.back.drawImage(this.back.canvas, byX, byY);
    this.back.globalCompositeOperation = "source-over";
    const thickX = Math.abs(byX);
    const thickY = Math.abs(byY);
    if (byY !== 0) this.paintPart(now, { x: 0, y: byY > 0 ? 0 : height - thickY, width, height: thickY });
    // The corner is painted already.
    const from = byY > 0 ? thickY : 0;
    if (byX !== 0) {
      this.paintPart(now, { x: byX > 0 ? 0 : width - thickX, y: from, width: thickX, height: height - thickY });
    }
  }

  /** Paints a rectangle of the lower canvas, in device pixels. */
  private paintPart({ theme, zoom, left, top }: Painted, part: Part): void {
    const context = this.back;
    const scale = zoom * this.ratio;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(part.x, part.y, part.width, part.height);
    context.clip();
    context.fillStyle = SURFACE[theme].paper;
    context.fillRect(part.x, part.y, part.width, part.height);
    this.paintGrid({ theme, zoom, left, top }, part);
    context.setTransform(scale, 0, 0, scale, -left, -top);
    const minX = (part.x + left) / scale;
    const minY = (part.y + top) / scale;
    const area = { minX, minY, maxX: minX + part.width / scale, maxY: minY + part.height / scale };
    for (const shape of this.scene.back(area)) drawShape(context, shape, theme, zoom);
    context.restore();
  }

  private paintFront(): boolean {
    const camera = this.scene.camera();
    const theme = this.scene.theme();
    const context = this.front;
    const { shapes, fading, marquee, selection, others, cursors, moving } = this.scene.front(performance.now());
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    this.enterWorld(context, camera);
    for (const shape of shapes) drawShape(context, shape, theme, camera.zoom);
    context.globalAlpha = FADING_ALPHA;
    for (const shape of fading) drawShape(context, shape, theme, camera.zoom);
    context.globalAlpha = 1;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const { color, shapes: held } of others)
      for (const shape of held) drawOutline(context, shape.box, camera, color, theme);
    if (selection) drawSelection(context, selection, camera, theme);
    if (marquee) drawMarquee(context, marquee, camera, theme);
    for (const cursor of cursors) drawCursor(context, cursor, camera, theme);
    return moving;
  }

  private paintGrid({ theme, zoom, left, top }: Painted, part: Part): void {
    let step = GRID_STEP * zoom * this.ratio;
    while (step < GRID_STEP_PIXELS_MIN * this.ratio) step *= 2;
    const size = Math.round((zoom > 1.5 ? 2.5 : 2) * this.ratio);
    this.back.fillStyle = SURFACE[theme].dot;
    // Each dot lies on whole device pixels, wherever the view is: one between two pixels would look paler.
    const first = (start: number): number => Math.floor(start / step) - 1;
    for (let column = first(part.x + left); column * step < part.x + left + part.width; column += 1) {
      const x = Math.round(column * step) - left;
      for (let row = first(part.y + top); row * step < part.y + top + part.height; row += 1) {
        this.back.fillRect(x, Math.round(row * step) - top, size, size);
      }
    }
  }

  private enterWorld(context: CanvasRenderingContext2D, { x, y, zoom }: Camera): void {
    const scale = zoom * this.ratio;
    // Whole device pixels, as on the lower canvas: a shape must not shiver when it changes from one to the other.
    context.setTransform(scale, 0, 0, scale, -Math.round(x * scale), -Math.round(y * scale));
  }
}

function contextOf(canvas: HTMLCanvasElement, options: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", options);
  if (!context) throw new Error("This browser does not draw on a canvas.");
  return context;
}
