import { limits } from "../limits.ts";
import { pack } from "./points.ts";
import { parseKeys, type Shape } from "./schema.ts";

/** Shapes as text, for the clipboard and for files: JSON with the keys of the document, `points` as base64. */

const FORMAT = "y-webpubsub/whiteboard";
const VERSION = 1;

export type Read =
  | { readonly ok: true; readonly shapes: readonly Shape[]; readonly skipped: number }
  | { readonly ok: false; readonly problem: string };

/** Bottom first. Shapes of a newer client are left out: this one does not know all of their keys. */
export function writeShapes(shapes: readonly Shape[], { indent }: { readonly indent: number }): string {
  const portable = shapes.flatMap((shape): readonly object[] => {
    if (shape.type === "foreign") return [];
    if (!("points" in shape)) return [shape];
    const { points, extent: _derived, ...rest } = shape;
    const measured = shape.type === "pen" && shape.measured;
    return [{ ...rest, points: toBase64(pack({ points, measured })) }];
  });
  return JSON.stringify({ format: FORMAT, version: VERSION, shapes: portable }, null, indent);
}

/**
 * Reads what `writeShapes` wrote, or anything else: it may come from anywhere. Each shape passes the parser that shapes
 * of the document pass; what does not is counted. Never throws. The ids are those of the text: give each a new one.
 */
export function readShapes(text: string): Read {
  if (text.length > limits.importCharactersMax) return { ok: false, problem: "It is too large." };
  const content = parseJson(text);
  if (field(content, "format") !== FORMAT) return { ok: false, problem: "It is not a drawing of this whiteboard." };
  if (field(content, "version") !== VERSION) return { ok: false, problem: "It was made by a newer whiteboard." };
  const list = field(content, "shapes");
  if (!Array.isArray(list)) return { ok: false, problem: "It has no shapes." };
  if (list.length > limits.importShapesMax) return { ok: false, problem: "It has too many shapes." };
  const shapes = list
    .map((value: unknown, index) => parsePortable(`${index}`, value))
    .filter((shape) => shape !== null);
  return { ok: true, shapes, skipped: list.length - shapes.length };
}

function parsePortable(id: string, value: unknown): Shape | null {
  const shape = parseKeys(id, (key) => {
    const stored = field(value, key);
    if (key !== "points") return stored;
    return typeof stored === "string" ? fromBase64(stored) : undefined;
  });
  return shape?.type === "foreign" ? null : shape;
}

/** Own keys only: what hangs on prototypes was not in the text. */
function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Any text may lie on a clipboard: what is no JSON is no drawing, and the reader says so.
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

function fromBase64(text: string): Uint8Array | undefined {
  if (text.length > Math.ceil(limits.strokeBytesMax / 3) * 4) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: the parser drops a stroke without bytes.
    return undefined;
  }
}
