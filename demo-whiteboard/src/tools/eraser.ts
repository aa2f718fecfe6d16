import type { Point } from "../canvas/camera.ts";
import { swept } from "../canvas/geometry.ts";
import { NOTHING_LIVE, type ToolHost } from "./host.ts";
import type { Sample, Tool } from "./tool.ts";

const RADIUS_PIXELS = 8;

/** Rubs out whole shapes: what the way touches fades, and goes when the pointer is lifted. One gesture, one undo step. */
export class EraserTool implements Tool {
  readonly cursor = "cell";
  private readonly host: ToolHost;
  private last: Point | null = null;
  private touched = new Set<string>();

  constructor(host: ToolHost) {
    this.host = host;
  }

  down(at: Sample): void {
    this.host.selection.set(new Set());
    this.touched = new Set();
    this.last = at.world;
    this.move([at]);
  }

  move(samples: readonly Sample[]): void {
    const radius = RADIUS_PIXELS / this.host.camera.get().zoom;
    for (const { world } of samples) {
      const from = this.last;
      if (!from) return;
      const way = {
        minX: Math.min(from.x, world.x) - radius,
        minY: Math.min(from.y, world.y) - radius,
        maxX: Math.max(from.x, world.x) + radius,
        maxY: Math.max(from.y, world.y) + radius,
      };
      for (const shape of this.host.board.shapes.within(way, radius)) {
        if (swept(shape, from, world, radius)) this.touched.add(shape.id);
      }
      this.last = world;
    }
    this.host.live.set({ kind: "erase", ids: new Set(this.touched) });
  }

  up(): void {
    this.last = null;
    if (this.touched.size > 0) this.host.board.remove(this.touched);
    this.host.live.set(NOTHING_LIVE);
  }

  cancel(): void {
    this.last = null;
    this.host.live.set(NOTHING_LIVE);
  }
}
