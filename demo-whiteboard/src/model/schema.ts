import * as Y from "yjs";
import { limits } from "../limits.ts";
import { isOrderKey, ORDER_DEFAULT } from "./order.ts";
import { type InkPoint, unpackOnce } from "./points.ts";

/** Version of the document's layout, in `meta.schema`. A client that meets a larger one shows the board and does not write. */
export const SCHEMA = 1;

export const COLORS = ["black", "grey", "blue", "green", "yellow", "orange", "red", "violet"] as const;
export type ColorName = (typeof COLORS)[number];
export const SIZES = ["s", "m", "l"] as const;
export type SizeName = (typeof SIZES)[number];
export const FILLS = ["none", "soft", "solid"] as const;
export type FillName = (typeof FILLS)[number];

export const DASHES = ["solid", "dashed"] as const;
export type DashName = (typeof DASHES)[number];
export const OPACITIES = ["full", "half", "faint"] as const;
export type OpacityName = (typeof OPACITIES)[number];
/** What a shape without the key has. */
export const DASH_DEFAULT: DashName = "solid";
export const OPACITY_DEFAULT: OpacityName = "full";
export const SCALE_DEFAULT = 1;

export interface Style {
  readonly color: ColorName;
  /** Width of the line; for words the size of the letters. */
  readonly size: SizeName;
  readonly fill: FillName;
  readonly dash: DashName;
  readonly opacity: OpacityName;
}

/** x, y, width, height in world units. One key: geometry changes together or not at all. */
export type Box = readonly [x: number, y: number, width: number, height: number];

interface Common {
  readonly id: string;
  readonly box: Box;
  readonly z: string;
  /** Who made it, for display. Never an authorisation. */
  readonly by: string;
}

interface Inked extends Common {
  readonly color: ColorName;
  readonly size: SizeName;
  readonly opacity: OpacityName;
}

/** Points relative to the box; the box stretches them by its size over `extent`. */
export interface Traced {
  readonly box: Box;
  readonly points: readonly InkPoint[];
  readonly extent: { readonly width: number; readonly height: number };
}

export interface InkShape extends Inked, Traced {
  readonly type: "pen";
  readonly measured: boolean;
  /** A wide, even, see-through stroke. */
  readonly highlight: boolean;
}

/** From the first of its two points to the second. An arrow has its head at the second. */
export interface LineShape extends Inked, Traced {
  readonly type: "line" | "arrow";
  readonly dash: DashName;
}

export interface BoxShape extends Inked {
  readonly type: "rect" | "ellipse" | "diamond";
  readonly fill: FillName;
  readonly dash: DashName;
}

export interface TextShape extends Inked {
  readonly type: "text";
  /** How much larger the letters are than their size says. */
  readonly scale: number;
  readonly text: string;
}

/** A paper with words that wrap at its width; it is never lower than they need. */
export interface NoteShape extends Inked {
  readonly type: "note";
  readonly text: string;
}

/** A shape of a newer client: drawn as a placeholder, can be moved and deleted, never restyled. */
export interface ForeignShape extends Common {
  readonly type: "foreign";
  readonly named: string;
}

/** What the board draws. Immutable: a change of the document makes a new object. */
export type Shape = InkShape | LineShape | BoxShape | TextShape | NoteShape | ForeignShape;

/**
 * Untrusted in, safe out. `value` is what a peer put under `id`; null means: not drawable, count it and leave it alone
 * (a newer client may understand it). Never throws.
 */
export function parseShape(id: string, value: unknown): Shape | null {
  if (!(value instanceof Y.Map)) return null;
  return parseKeys(id, (key) => {
    const stored: unknown = value.get(key);
    if (key !== "text") return stored;
    return stored instanceof Y.Text ? stored.toString() : undefined;
  });
}

/** The keys of a stored shape, wherever they are kept: `points` are bytes, `text` is a string. Nothing of it is trusted. */
export type ShapeKeys = (key: string) => unknown;

/** `parseShape` for any keeper of keys: documents, the clipboard and files pass the same gate. */
export function parseKeys(id: string, get: ShapeKeys): Shape | null {
  const type = get("type");
  const box = parseBox(get("box"));
  if (!box || typeof type !== "string") return null;
  const z = get("z");
  const by = get("by");
  const common = {
    id,
    box,
    z: isOrderKey(z) ? z : ORDER_DEFAULT,
    by: typeof by === "string" ? by.slice(0, limits.nameMax) : "",
  };
  const inked = {
    ...common,
    color: oneOf(COLORS, get("color"), "black"),
    size: oneOf(SIZES, get("size"), "m"),
    opacity: oneOf(OPACITIES, get("opacity"), OPACITY_DEFAULT),
  };
  const dash = oneOf(DASHES, get("dash"), DASH_DEFAULT);
  switch (type) {
    case "pen": {
      const stroke = parseStroke(get("points"));
      return stroke && { ...inked, type, ...stroke, highlight: get("highlight") === true };
    }
    case "line":
    case "arrow": {
      const stroke = parseStroke(get("points"));
      if (stroke?.points.length !== 2) return null;
      return { ...inked, type, dash, points: stroke.points, extent: stroke.extent };
    }
    case "rect":
    case "ellipse":
    case "diamond":
      return { ...inked, type, dash, fill: oneOf(FILLS, get("fill"), "none") };
    case "text":
    case "note": {
      const stored = get("text");
      if (typeof stored !== "string") return null;
      const text = stored.slice(0, limits.textDrawnMax);
      return type === "note" ? { ...inked, type, text } : { ...inked, type, text, scale: parseScale(get("scale")) };
    }
    default:
      return { ...common, type: "foreign", named: type.slice(0, limits.nameMax) };
  }
}

/** A finite box inside the plane, sizes at least 0; null for anything else. */
export function parseBox(value: unknown): Box | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [x, y, width, height] = value as readonly unknown[];
  if (!isCoordinate(x) || !isCoordinate(y) || !isCoordinate(width) || !isCoordinate(height)) return null;
  return [x, y, Math.max(0, width), Math.max(0, height)];
}

export function parseScale(value: unknown): number {
  return typeof value === "number" && value >= limits.textScaleMin && value <= limits.textScaleMax
    ? value
    : SCALE_DEFAULT;
}

export function isCoordinate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= limits.coordinateMax;
}

export function oneOf<const T extends string>(names: readonly T[], value: unknown, otherwise: T): T {
  return names.find((name) => name === value) ?? otherwise;
}

/** Width and height that points relative to a box fill. */
export function extentOf(points: readonly InkPoint[]): { readonly width: number; readonly height: number } {
  let width = 0;
  let height = 0;
  for (const point of points) {
    width = Math.max(width, point.x);
    height = Math.max(height, point.y);
  }
  return { width, height };
}

function parseStroke(bytes: unknown): (Pick<InkShape, "measured"> & Omit<Traced, "box">) | null {
  if (!(bytes instanceof Uint8Array)) return null;
  const unpacked = unpackOnce(bytes);
  if (!unpacked.ok) return null;
  const { points, measured } = unpacked.stroke;
  return { points, measured, extent: extentOf(points) };
}
