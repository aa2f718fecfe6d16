import type { Bounds, Point } from "../canvas/camera.ts";
import {
  boundsBetween,
  boundsOfBox,
  boxOfBounds,
  caught,
  contains,
  type Handle,
  handleAt,
  hits,
  pointsInWorld,
  resize,
  union,
} from "../canvas/geometry.ts";
import { newShapeId } from "../ids.ts";
import { boxOfEnds } from "../model/moved.ts";
import type { Box, LineShape, Shape } from "../model/schema.ts";
import { HANDLE_CURSORS, handlesOf, onlyLine } from "./handles.ts";
import { NOTHING_LIVE, type ToolHost } from "./host.ts";
import { turnedInSteps } from "./line.ts";
import { beginText } from "./text.ts";
import type { Modifiers, Sample, Tool } from "./tool.ts";

const HIT_PIXELS = 8;
const HANDLE_PIXELS = 12;
const DRAG_MIN_PIXELS = 3;

type Gesture =
  | { readonly kind: "idle" }
  | { readonly kind: "pressing"; readonly start: Point; readonly from: Bounds; readonly clicked: string | null }
  | { readonly kind: "moving"; readonly start: Point; readonly from: Bounds }
  | { readonly kind: "resizing"; readonly start: Point; readonly from: Bounds; readonly handle: Handle }
  | { readonly kind: "bending"; readonly line: LineShape; readonly end: 0 | 1 }
  | { readonly kind: "marquee"; readonly start: Point; readonly base: ReadonlySet<string> };

const IDLE: Gesture = { kind: "idle" };

/** Click, marquee, move, resize; Alt leaves a copy. While something is dragged only presence travels; `up` writes the result once. */
export class SelectTool implements Tool {
  readonly cursor = "default";
  private readonly host: ToolHost;
  private gesture: Gesture = IDLE;

  constructor(host: ToolHost) {
    this.host = host;
  }

  down({ world }: Sample, keys: Modifiers): void {
    const { selection, board } = this.host;
    const chosen = selection.get();
    const bounds = selectionBounds(this.host);
    const pull = board.writable ? this.pullAt(world) : null;
    if (pull) {
      this.gesture = pull;
      return;
    }
    const hit = this.hit(world);
    if (!hit && !(bounds && chosen.size > 1 && contains(bounds, world))) {
      const base = keys.shift ? chosen : new Set<string>();
      selection.set(base);
      this.gesture = { kind: "marquee", start: world, base };
      return;
    }
    if (hit && keys.shift) selection.set(toggled(chosen, hit.id));
    else if (hit && !chosen.has(hit.id)) selection.set(new Set([hit.id]));
    const from = selectionBounds(this.host);
    const clicked = hit && !keys.shift ? hit.id : null;
    this.gesture = from ? { kind: "pressing", start: world, from, clicked } : IDLE;
  }

  move(samples: readonly Sample[], keys: Modifiers): void {
    const at = samples.at(-1)?.world;
    if (!at) return;
    if (this.gesture.kind === "pressing") {
      const { start, from } = this.gesture;
      if (distance(start, at) < this.world(DRAG_MIN_PIXELS) || !this.host.board.writable) return;
      this.gesture = { kind: "moving", start, from };
    }
    switch (this.gesture.kind) {
      case "moving": {
        const { start, from } = this.gesture;
        const free = { x: at.x - start.x, y: at.y - start.y };
        const step = keys.shift ? straight(free) : free;
        const [x, y, width, height] = boxOfBounds(from);
        this.drag(from, [x + step.x, y + step.y, width, height], keys.alt);
        break;
      }
      case "resizing": {
        const { start, from, handle } = this.gesture;
        const pulled = { x: at.x - start.x, y: at.y - start.y };
        const square = keys.shift || this.chosen().every((shape) => shape.type === "text");
        this.drag(from, boxOfBounds(resize(from, handle, pulled, { square, centred: keys.alt })));
        break;
      }
      case "bending": {
        const { line, end } = this.gesture;
        const [first = at, second = at] = pointsInWorld(line);
        const fixed = end === 0 ? second : first;
        const pulled = keys.shift ? turnedInSteps(fixed, at) : at;
        this.drag(boundsOfBox(line.box), boxOfEnds(line, end === 0 ? [pulled, fixed] : [fixed, pulled]));
        break;
      }
      case "marquee": {
        const { start, base } = this.gesture;
        const bounds = boundsBetween(start, at);
        const inside = this.host.board.shapes.within(bounds).filter((shape) => caught(shape, bounds));
        this.host.live.set({ kind: "marquee", bounds });
        this.host.selection.set(new Set([...base, ...inside.map((shape) => shape.id)]));
        break;
      }
      case "idle":
        break;
    }
  }

  up(): void {
    const live = this.host.live.get();
    if (live.kind === "transform") this.host.board.transform(live.ids, live.from, live.to);
    else if (live.kind === "copy") {
      const shift = { x: live.to[0] - live.from[0], y: live.to[1] - live.from[1] };
      const copies = this.host.board.duplicate(live.ids, newShapeId, shift, this.host.userName());
      if (copies.length > 0) this.host.selection.set(new Set(copies));
    } else if (this.gesture.kind === "pressing" && this.gesture.clicked !== null) {
      this.host.selection.set(new Set([this.gesture.clicked]));
    }
    this.end();
  }

  cancel(): void {
    this.end();
  }

  hover(at: Point): void {
    const pull = this.host.board.writable ? this.pullAt(at) : null;
    const cursor = pull?.kind === "resizing" ? HANDLE_CURSORS[pull.handle] : pull ? "crosshair" : null;
    this.host.cursor.set(cursor ?? (this.hit(at) ? "move" : this.cursor));
  }

  doubleClick(at: Point): void {
    if (!this.host.board.writable) return;
    const hit = this.hit(at);
    if (hit?.type === "text" || hit?.type === "note") this.host.editText(hit.id, false);
    else if (!hit) beginText(this.host, at);
  }

  private drag(from: Bounds, to: Box, copy = false): void {
    const box = boxOfBounds(from);
    this.host.live.set({ kind: copy ? "copy" : "transform", ids: this.host.selection.get(), from: box, to });
    // Others know no copies on their way: they see them when they are let go.
    this.host.presence.setDrag(copy ? null : { from: box, to });
  }

  private end(): void {
    this.gesture = IDLE;
    this.host.presence.setDrag(null);
    this.host.live.set(NOTHING_LIVE);
  }

  private hit(at: Point): Shape | undefined {
    const reach = this.world(HIT_PIXELS);
    const near = { minX: at.x, minY: at.y, maxX: at.x, maxY: at.y };
    return this.host.board.shapes.within(near, reach * 3).findLast((shape) => hits(shape, at, reach));
  }

  /** The handle of the selection, or the end of a line, that lies under a point. */
  private pullAt(at: Point): Extract<Gesture, { kind: "resizing" | "bending" }> | null {
    const reach = this.world(HANDLE_PIXELS);
    const chosen = this.chosen();
    const line = onlyLine(chosen);
    if (line) {
      const end = pointsInWorld(line).findIndex((point) => distance(point, at) <= reach);
      return end < 0 ? null : { kind: "bending", line, end: end === 0 ? 0 : 1 };
    }
    const bounds = selectionBounds(this.host);
    const handle = bounds && handleAt(bounds, at, reach, handlesOf(chosen));
    return handle ? { kind: "resizing", start: at, from: bounds, handle } : null;
  }

  private chosen(): readonly Shape[] {
    const { board, selection } = this.host;
    return [...selection.get()].map((id) => board.shapes.get(id)).filter((shape) => shape !== undefined);
  }

  private world(pixels: number): number {
    return pixels / this.host.camera.get().zoom;
  }
}

/** The bounds around what is selected, or null. */
export function selectionBounds({ board, selection }: Pick<ToolHost, "board" | "selection">): Bounds | null {
  return union([...selection.get()].map((id) => board.shapes.get(id)?.box).filter((box) => box !== undefined));
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

function straight({ x, y }: Point): Point {
  return Math.abs(x) > Math.abs(y) ? { x, y: 0 } : { x: 0, y };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
