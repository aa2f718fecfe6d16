import type { Shape } from "./model/schema.ts";

/** Shapes in words, for the outline and for the live region. */

const NAMES: Readonly<Record<Shape["type"], string>> = {
  pen: "Drawing",
  line: "Line",
  arrow: "Arrow",
  rect: "Rectangle",
  ellipse: "Ellipse",
  diamond: "Diamond",
  text: "Text",
  note: "Note",
  foreign: "Unknown shape",
};

export function nameOf(shape: Shape): string {
  return shape.type === "pen" && shape.highlight ? "Highlight" : NAMES[shape.type];
}

/** What it is, what it says, its colour, whose it is. */
export function describe(shape: Shape): string {
  const author = shape.by === "" ? "" : `, by ${shape.by}`;
  if (shape.type === "foreign") return `${NAMES.foreign}${author}`;
  return `${nameOf(shape)}${wordsOf(shape)}, ${shape.color}${author}`;
}

/** The same for someone who walks from shape to shape: "Rectangle, 3 of 12, blue". */
export function spoken(shape: Shape, place: number, count: number): string {
  const color = shape.type === "foreign" ? "" : `, ${shape.color}`;
  return `${nameOf(shape)}${wordsOf(shape)}, ${place} of ${count}${color}`;
}

/** Top to bottom, then left to right. */
export function inReadingOrder(shapes: readonly Shape[]): readonly Shape[] {
  return [...shapes].sort((a, b) => a.box[1] - b.box[1] || a.box[0] - b.box[0]);
}

function wordsOf(shape: Shape): string {
  return "text" in shape && shape.text !== "" ? `: ${shape.text}` : "";
}
