import type { Size } from "./canvas/camera.ts";
import { measureNote, measureText } from "./canvas/words.ts";
import type { NoteShape, TextShape } from "./model/schema.ts";

let context: CanvasRenderingContext2D | null = null;

/** The size that words need on this screen; null where nothing can be measured (outside of a browser). */
export function measureWords(shape: TextShape | NoteShape): Size | null {
  if (typeof document === "undefined") return null;
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return null;
  return shape.type === "note" ? measureNote(context, shape) : measureText(context, shape);
}
