import type { Point } from "../canvas/camera.ts";
import { newShapeId } from "../ids.ts";
import type { Box, BoxShape } from "../model/schema.ts";
import { NOTHING_LIVE, type ToolHost } from "./host.ts";
import type { Modifiers, Sample, Tool } from "./tool.ts";

/** A click without a drag, and the keyboard, make a shape of this size. */
export const SHAPE_DEFAULT = { width: 180, height: 120 } as const;
const DRAG_MIN_PIXELS = 4;

interface Drawing {
  readonly id: string;
  readonly start: Point;
  box: Box;
  dragged: boolean;
}

/** Rectangles, ellipses and diamonds, pulled from corner to corner. Shift: equal sides. Alt: from the centre. */
export class ShapeTool implements Tool {
  readonly cursor = "crosshair";
  private readonly host: ToolHost;
  private readonly type: BoxShape["type"];
  private drawing: Drawing | null = null;

  constructor(host: ToolHost, type: BoxShape["type"]) {
    this.host = host;
    this.type = type;
  }

  down({ world }: Sample): void {
    this.host.selection.set(new Set());
    this.host.sender.begin();
    this.drawing = { id: newShapeId(), start: world, box: [world.x, world.y, 0, 0], dragged: false };
  }

  move(samples: readonly Sample[], keys: Modifiers): void {
    const drawing = this.drawing;
    const at = samples.at(-1)?.world;
    if (!drawing || !at) return;
    const zoom = this.host.camera.get().zoom;
    if (Math.hypot(at.x - drawing.start.x, at.y - drawing.start.y) * zoom >= DRAG_MIN_PIXELS) drawing.dragged = true;
    if (!drawing.dragged) return;
    drawing.box = boxBetween(drawing.start, at, keys);
    const style = this.host.style.get();
    const shape = { id: drawing.id, type: this.type, box: drawing.box, z: "", by: "", ...style };
    this.host.live.set({ kind: "draft", shape });
    this.host.sender.box(drawing.id, this.type, style, drawing.box);
  }

  up(): void {
    const drawing = this.drawing;
    this.drawing = null;
    if (!drawing) return;
    const { start } = drawing;
    const { width, height } = SHAPE_DEFAULT;
    const box: Box = drawing.dragged ? drawing.box : [start.x - width / 2, start.y - height / 2, width, height];
    this.host.sender.end();
    this.host.board.add(drawing.id, { type: this.type, ...this.host.style.get(), box }, this.host.userName());
    this.host.live.set(NOTHING_LIVE);
    this.host.pick("select");
    this.host.selection.set(new Set([drawing.id]));
  }

  cancel(): void {
    if (!this.drawing) return;
    this.host.sender.cancel(this.drawing.id);
    this.drawing = null;
    this.host.live.set(NOTHING_LIVE);
  }
}

/** The box that a drag from `start` to `at` means. */
function boxBetween(start: Point, at: Point, { shift, alt }: Modifiers): Box {
  let width = at.x - start.x;
  let height = at.y - start.y;
  if (shift) {
    const side = Math.max(Math.abs(width), Math.abs(height));
    width = width < 0 ? -side : side;
    height = height < 0 ? -side : side;
  }
  if (alt) return [start.x - Math.abs(width), start.y - Math.abs(height), Math.abs(width) * 2, Math.abs(height) * 2];
  return [Math.min(start.x, start.x + width), Math.min(start.y, start.y + height), Math.abs(width), Math.abs(height)];
}
