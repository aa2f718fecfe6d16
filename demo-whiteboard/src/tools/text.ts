import type { Point } from "../canvas/camera.ts";
import { hits } from "../canvas/geometry.ts";
import { fontPixels, LINE_HEIGHT } from "../canvas/palette.ts";
import { newShapeId } from "../ids.ts";
import type { ToolHost } from "./host.ts";
import type { Sample, Tool } from "./tool.ts";

/** A click on a text opens it, a click elsewhere begins a new one. */
export class TextTool implements Tool {
  readonly cursor = "text";
  private readonly host: ToolHost;
  private at: Point | null = null;

  constructor(host: ToolHost) {
    this.host = host;
  }

  down({ world }: Sample): void {
    this.host.selection.set(new Set());
    this.at = world;
  }

  move(): void {
    // A text has no size to pull: it is as large as its words.
  }

  up(): void {
    const at = this.at;
    this.at = null;
    if (!at) return;
    this.host.pick("select");
    const known = this.host.board.shapes.ordered().findLast((shape) => shape.type === "text" && hits(shape, at, 0));
    if (known) this.host.editText(known.id, false);
    else beginText(this.host, at);
  }

  cancel(): void {
    this.at = null;
  }
}

/** Puts an empty text with its first line centred on `at` and opens it. */
export function beginText(host: ToolHost, at: Point): void {
  const id = newShapeId();
  const { color, size, opacity } = host.style.get();
  const height = fontPixels({ size }) * LINE_HEIGHT;
  host.board.add(
    id,
    { type: "text", color, size, opacity, text: "", box: [at.x, at.y - height / 2, 1, height] },
    host.userName(),
  );
  host.editText(id, true);
}
