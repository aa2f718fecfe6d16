import type { ColorName, Shape } from "../model/schema.ts";
import { type Bounds, type Camera, type Point, type Size, visible } from "./camera.ts";
import { drawCursor, drawMarquee, drawOutline, drawSelection } from "./decorate.ts";
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
  readonly selection: { readonly bounds: Bounds; readonly shapes: readonly Shape[]; readonly handles: boolean } | null;
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

type Dirty = "nothing" | "front" | "all";

const GRID_STEP = 24;
const GRID_STEP_PIXELS_MIN = 15;
const FADING_ALPHA = 0.25;

/** Two canvases: shapes at rest below, what moves above. Each is painted at most once a frame, and only when it changed. */
export class Renderer {
  private readonly back: CanvasRenderingContext2D;
  private readonly front: CanvasRenderingContext2D;
  private readonly scene: Scene;
  private view: Size = { width: 1, height: 1 };
  private ratio = 1;
  private dirty: Dirty = "nothing";
  private frame: number | null = null;

  constructor(back: HTMLCanvasElement, front: HTMLCanvasElement, scene: Scene) {
    this.back = contextOf(back);
    this.front = contextOf(front);
    this.scene = scene;
  }

  dispose(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
  }

  resize(view: Size, ratio: number): void {
    this.view = view;
    this.ratio = ratio;
    for (const { canvas } of [this.back, this.front]) {
      canvas.width = Math.round(view.width * ratio);
      canvas.height = Math.round(view.height * ratio);
    }
    // In the same task: a resized canvas is empty, and an empty frame would flash.
    this.dirty = "all";
    this.paint();
  }

  /** "front" when only what moves changed, "all" when shapes at rest, the camera or the theme did. */
  invalidate(what: "front" | "all"): void {
    if (this.dirty !== "all") this.dirty = what;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  private paint(): void {
    const dirty = this.dirty;
    this.dirty = "nothing";
    if (dirty === "all") this.paintBack();
    if (dirty !== "nothing" && this.paintFront()) this.invalidate("front");
  }

  private paintBack(): void {
    const camera = this.scene.camera();
    const theme = this.scene.theme();
    const area = visible(camera, this.view);
    this.back.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.back.fillStyle = SURFACE[theme].paper;
    this.back.fillRect(0, 0, this.view.width, this.view.height);
    this.paintGrid(camera, theme);
    this.enterWorld(this.back, camera);
    for (const shape of this.scene.back(area)) drawShape(this.back, shape, theme, camera.zoom);
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

  private paintGrid(camera: Camera, theme: Theme): void {
    let step = GRID_STEP * camera.zoom;
    while (step < GRID_STEP_PIXELS_MIN) step *= 2;
    // On whole device pixels: a dot between two pixels looks paler than its neighbour.
    const whole = (at: number): number => Math.round(at * this.ratio) / this.ratio;
    const size = whole(camera.zoom > 1.5 ? 2.5 : 2);
    const offset = (start: number): number => -(((start * camera.zoom) % step) + step) % step;
    this.back.fillStyle = SURFACE[theme].dot;
    for (let x = offset(camera.x); x < this.view.width; x += step) {
      for (let y = offset(camera.y); y < this.view.height; y += step)
        this.back.fillRect(whole(x), whole(y), size, size);
    }
  }

  private enterWorld(context: CanvasRenderingContext2D, { x, y, zoom }: Camera): void {
    const scale = zoom * this.ratio;
    context.setTransform(scale, 0, 0, scale, -x * scale, -y * scale);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser does not draw on a canvas.");
  return context;
}
