import type { Point } from "../canvas/camera.ts";
import { newShapeId } from "../ids.ts";
import type { ToolHost } from "./host.ts";
import type { Sample, Tool } from "./tool.ts";

/** Width and height of a new sticky note, in world units. */
const NOTE_SIDE = 190;

/** A click puts a sticky note there and opens it for typing. */
export class NoteTool implements Tool {
  readonly cursor = "crosshair";
  private readonly host: ToolHost;
  private at: Point | null = null;

  constructor(host: ToolHost) {
    this.host = host;
  }

  down({ world }: Sample): void {
    this.host.selection.set(new Set());
    this.at = world;
  }

  move([first]: readonly Sample[]): void {
    // A note has one size at first; a drag says where it lies.
    if (this.at && first) this.at = first.world;
  }

  up(): void {
    const at = this.at;
    this.at = null;
    if (!at) return;
    this.host.pick("select");
    beginNote(this.host, at);
  }

  cancel(): void {
    this.at = null;
  }
}

/** Puts an empty note with its middle at `at` and opens it. It stays even if nothing is typed: its colour says something. */
export function beginNote(host: ToolHost, at: Point): void {
  const id = newShapeId();
  const { color, size, opacity } = host.style.get();
  const box = [at.x - NOTE_SIDE / 2, at.y - NOTE_SIDE / 2, NOTE_SIDE, NOTE_SIDE] as const;
  host.board.add(id, { type: "note", color, size, opacity, text: "", box }, host.userName());
  host.editText(id, true);
}
