import type { Point } from "../canvas/camera.ts";
import { newShapeId } from "../ids.ts";
import type { LineShape } from "../model/schema.ts";
import { lineDraft } from "../presence/draft-message.ts";
import { NOTHING_LIVE, type ToolHost } from "./host.ts";
import type { Modifiers, Sample, Tool } from "./tool.ts";

/** A click without a drag, and the keyboard, make a line of this length. */
const LINE_DEFAULT = 180;
const DRAG_MIN_PIXELS = 4;
/** Shift keeps to multiples of 15 degrees. */
const TURN_STEP = Math.PI / 12;

interface Drawing {
  readonly id: string;
  readonly start: Point;
  ends: readonly [Point, Point] | null;
}

/** Lines and arrows, pulled from end to end. Shift: steps of 15 degrees. Alt: from the middle. */
export class LineTool implements Tool {
  readonly cursor = "crosshair";
  private readonly host: ToolHost;
  private readonly type: LineShape["type"];
  private drawing: Drawing | null = null;

  constructor(host: ToolHost, type: LineShape["type"]) {
    this.host = host;
    this.type = type;
  }

  down({ world }: Sample): void {
    this.host.selection.set(new Set());
    this.host.sender.begin();
    this.drawing = { id: newShapeId(), start: world, ends: null };
  }

  move(samples: readonly Sample[], keys: Modifiers): void {
    const drawing = this.drawing;
    const at = samples.at(-1)?.world;
    if (!drawing || !at) return;
    const { id, start } = drawing;
    const pulled = Math.hypot(at.x - start.x, at.y - start.y) * this.host.camera.get().zoom;
    if (!drawing.ends && pulled < DRAG_MIN_PIXELS) return;
    const ends = endsOf(start, at, keys);
    drawing.ends = ends;
    const style = this.host.style.get();
    this.host.live.set({ kind: "draft", shape: lineDraft(id, this.type, style, ends) });
    this.host.sender.line(id, this.type, style, ...ends);
  }

  up(): void {
    const drawing = this.drawing;
    this.drawing = null;
    if (!drawing) return;
    const { id, start, ends } = drawing;
    this.host.sender.end();
    addLine(this.host, id, this.type, ends ?? lineAbout(start));
    this.host.live.set(NOTHING_LIVE);
    this.host.pick("select");
    this.host.selection.set(new Set([id]));
  }

  cancel(): void {
    if (!this.drawing) return;
    this.host.sender.cancel(this.drawing.id);
    this.drawing = null;
    this.host.live.set(NOTHING_LIVE);
  }
}

export function addLine(host: ToolHost, id: string, type: LineShape["type"], ends: readonly [Point, Point]): void {
  host.board.add(id, lineDraft(id, type, host.style.get(), ends), host.userName());
}

/** A level line of the usual length around a place. */
export function lineAbout({ x, y }: Point): readonly [Point, Point] {
  return [
    { x: x - LINE_DEFAULT / 2, y },
    { x: x + LINE_DEFAULT / 2, y },
  ];
}

/** The ends that a drag from `start` to `at` means. */
function endsOf(start: Point, at: Point, { shift, alt }: Modifiers): readonly [Point, Point] {
  const to = shift ? turnedInSteps(start, at) : at;
  return [alt ? { x: 2 * start.x - to.x, y: 2 * start.y - to.y } : start, to];
}

/** `at`, turned about `start` to the nearest multiple of 15 degrees. */
export function turnedInSteps(start: Point, at: Point): Point {
  const length = Math.hypot(at.x - start.x, at.y - start.y);
  const angle = Math.round(Math.atan2(at.y - start.y, at.x - start.x) / TURN_STEP) * TURN_STEP;
  return { x: start.x + Math.cos(angle) * length, y: start.y + Math.sin(angle) * length };
}
