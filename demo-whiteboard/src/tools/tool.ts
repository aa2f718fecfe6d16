import type { Point } from "../canvas/camera.ts";

export const TOOL_NAMES = [
  "select",
  "hand",
  "pen",
  "highlighter",
  "eraser",
  "rect",
  "ellipse",
  "diamond",
  "line",
  "arrow",
  "text",
  "note",
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** One place the pointer was at. `pressure` is null when nothing measured it. */
export interface Sample {
  readonly world: Point;
  readonly pressure: number | null;
}

export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
}

/**
 * A gesture of one pointer: `down`, any number of `move`s, then exactly one of `up` and `cancel`. `hover` is told of
 * moves without a button. A tool writes to the document only in `up`.
 */
export interface Tool {
  readonly cursor: string;
  down(at: Sample, keys: Modifiers): void;
  move(samples: readonly Sample[], keys: Modifiers): void;
  up(): void;
  cancel(): void;
  hover?(at: Point): void;
  doubleClick?(at: Point): void;
}
