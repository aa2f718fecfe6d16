import type { NoteShape, TextShape } from "../model/schema.ts";
import type { Size } from "./camera.ts";
import { FONT_FAMILY, fontPixels, LINE_HEIGHT, NOTE_PADDING, PALETTE, type Theme } from "./palette.ts";

/** Words on the canvas: texts as long as their lines, notes whose words wrap. */

/** Below this zoom letters are smaller than a pixel: bars stand for them. */
const BAR_TEXT_BELOW = 0.2;
const NOTE_CORNER = 6;
/** A canvas measures a line a hair wider than the text field lays it out: without this, words move when typing ends. */
const WIDTH_SLACK = 1;

export function drawText(context: CanvasRenderingContext2D, shape: TextShape, theme: Theme, zoom: number): void {
  context.fillStyle = PALETTE[theme][shape.color].stroke;
  drawLines(context, shape.text.split("\n"), shape, { at: shape.box, width: shape.box[2], zoom });
}

export function drawNote(context: CanvasRenderingContext2D, shape: NoteShape, theme: Theme, zoom: number): void {
  const [x, y, width, height] = shape.box;
  const lines = wrapped(context, shape);
  // While someone types, the words may need more than the box that was written last.
  const needed = Math.max(height, noteHeight(lines.length, shape));
  paper(context, [x, y + 2.5, width, needed]);
  context.fillStyle = theme === "dark" ? "rgb(0 0 0 / 45%)" : "rgb(20 24 40 / 14%)";
  context.fill();
  paper(context, [x, y, width, needed]);
  context.fillStyle = PALETTE[theme][shape.color].note;
  context.fill();
  context.fillStyle = PALETTE[theme].black.stroke;
  const at = [x + NOTE_PADDING, y + NOTE_PADDING] as const;
  drawLines(context, lines, shape, { at, width: width - 2 * NOTE_PADDING, zoom });
}

function paper(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(NOTE_CORNER, width / 2, height / 2));
}

function drawLines(
  context: CanvasRenderingContext2D,
  lines: readonly string[],
  letters: Pick<TextShape, "size"> & Partial<Pick<TextShape, "scale">>,
  {
    at: [x, y],
    width,
    zoom,
  }: { readonly at: readonly [number, number, ...number[]]; readonly width: number; readonly zoom: number },
): void {
  const pixels = fontPixels(letters);
  if (zoom < BAR_TEXT_BELOW) {
    lines.forEach((line, index) => {
      if (line !== "") context.fillRect(x, y + (index + 0.35) * pixels * LINE_HEIGHT, width, pixels * 0.4);
    });
    return;
  }
  context.font = textFont(pixels);
  context.textBaseline = "middle";
  lines.forEach((line, index) => {
    context.fillText(line, x, y + (index + 0.5) * pixels * LINE_HEIGHT);
  });
}

function textFont(pixels: number): string {
  return `500 ${pixels}px ${FONT_FAMILY}`;
}

/** The size that a text takes on this machine, in world units. */
export function measureText(
  context: CanvasRenderingContext2D,
  shape: Pick<TextShape, "text" | "size" | "scale">,
): Size {
  const pixels = fontPixels(shape);
  context.font = textFont(pixels);
  const lines = shape.text.split("\n");
  const widest = Math.max(...lines.map((line) => context.measureText(line).width));
  return { width: Math.ceil(widest), height: Math.ceil(lines.length * pixels * LINE_HEIGHT) };
}

/** The size of a note that holds its words: its own width, and at least its own height. */
export function measureNote(context: CanvasRenderingContext2D, note: Pick<NoteShape, "text" | "size" | "box">): Size {
  const lines = wrapped(context, note);
  return { width: note.box[2], height: Math.max(note.box[3], Math.ceil(noteHeight(lines.length, note))) };
}

function noteHeight(lines: number, note: Pick<NoteShape, "size">): number {
  return lines * fontPixels(note) * LINE_HEIGHT + 2 * NOTE_PADDING;
}

const lineBreaks = new WeakMap<object, readonly string[]>();

/** The lines of a note, remembered as long as the shape lives: shapes are never changed in place. */
function wrapped(context: CanvasRenderingContext2D, note: Pick<NoteShape, "text" | "size" | "box">): readonly string[] {
  const known = lineBreaks.get(note);
  if (known) return known;
  context.font = textFont(fontPixels(note));
  const lines = wrap(
    note.text,
    note.box[2] - 2 * NOTE_PADDING + WIDTH_SLACK,
    (text) => context.measureText(text).width,
  );
  lineBreaks.set(note, lines);
  return lines;
}

/**
 * Breaks words into lines of at most `width`, as a text field does: at spaces, and inside a word that alone is too
 * wide. A line holds at least one character, however narrow it is.
 */
export function wrap(text: string, width: number, measure: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/(?<= )(?=[^ ])/)) {
      if (line !== "" && measure((line + word).trimEnd()) > width) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += word;
      if (measure(line.trimEnd()) <= width) continue;
      const pieces = broken(line, width, measure);
      lines.push(...pieces.slice(0, -1));
      line = pieces.at(-1) ?? "";
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

function broken(word: string, width: number, measure: (text: string) => number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const character of word) {
    if (piece !== "" && measure((piece + character).trimEnd()) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += character;
  }
  pieces.push(piece);
  return pieces;
}
