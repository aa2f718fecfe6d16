import { newShapeId } from "../ids.ts";
import { limits } from "../limits.ts";
import { boxPoints } from "../model/build.ts";
import { type InkPoint, PRESSURE_DEFAULT, snap } from "../model/points.ts";
import { inkDraft } from "../presence/draft-message.ts";
import { NOTHING_LIVE, type ToolHost } from "./host.ts";
import type { Sample, Tool } from "./tool.ts";

/** Points nearer than this on the screen add bytes and no form. */
const STEP_PIXELS = 0.7;

interface Drawing {
  readonly id: string;
  readonly points: InkPoint[];
  readonly measured: boolean;
}

/** Freehand ink, or with the flag a highlighter. Others see it grow; the document gets one complete shape at the end. */
export class PenTool implements Tool {
  readonly cursor = "crosshair";
  private readonly host: ToolHost;
  private readonly highlight: boolean;
  private drawing: Drawing | null = null;

  constructor(host: ToolHost, { highlight }: { readonly highlight: boolean }) {
    this.host = host;
    this.highlight = highlight;
  }

  down(at: Sample): void {
    this.host.selection.set(new Set());
    this.begin(at);
  }

  move(samples: readonly Sample[]): void {
    if (!this.drawing) return;
    for (const sample of samples) this.extend(sample);
    this.show();
  }

  up(): void {
    const drawing = this.drawing;
    this.drawing = null;
    if (!drawing) return;
    const { color, size, opacity } = this.host.style.get();
    const { measured } = drawing;
    this.host.sender.end();
    this.host.board.add(
      drawing.id,
      { type: "pen", color, size, opacity, measured, highlight: this.highlight, ...boxPoints(drawing.points) },
      this.host.userName(),
    );
    this.host.live.set(NOTHING_LIVE);
  }

  cancel(): void {
    if (!this.drawing) return;
    this.host.sender.cancel(this.drawing.id);
    this.drawing = null;
    this.host.live.set(NOTHING_LIVE);
  }

  private begin(at: Sample): void {
    this.drawing = { id: newShapeId(), points: [inkPoint(at)], measured: at.pressure !== null };
    this.host.sender.begin();
    this.show();
  }

  private extend(sample: Sample): void {
    if (!this.drawing) return;
    const { points } = this.drawing;
    const next = inkPoint(sample);
    const last = points.at(-1);
    const step = STEP_PIXELS / this.host.camera.get().zoom;
    if (last && Math.hypot(next.x - last.x, next.y - last.y) < step) return;
    points.push(next);
    if (points.length < STROKE_POINTS) return;
    // A stroke without end is kept in pieces, so that each stays within the bounds of a shape.
    this.up();
    this.begin(sample);
  }

  private show(): void {
    if (!this.drawing) return;
    const { id, points, measured } = this.drawing;
    const { highlight } = this;
    const style = this.host.style.get();
    const shape = inkDraft(id, style, { points: [...points], measured, highlight });
    this.host.live.set({ kind: "draft", shape });
    this.host.sender.ink(id, style, points, { measured, highlight });
  }
}

/** Far below `limits.strokePointsMax`, so that the bytes fit as well, whatever the steps are. */
const STROKE_POINTS = Math.floor(limits.strokePointsMax / 4);

function inkPoint({ world, pressure }: Sample): InkPoint {
  return { x: snap(world.x), y: snap(world.y), pressure: pressure ?? PRESSURE_DEFAULT };
}
