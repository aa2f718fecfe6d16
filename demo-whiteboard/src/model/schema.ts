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

export interface Style {
  readonly color: ColorName;
  readonly size: SizeName;
  readonly fill: FillName;
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

export interface InkShape extends Common {
  readonly type: "pen";
  readonly color: ColorName;
  readonly size: SizeName;
  /** Relative to the box; the box stretches them by its size over `extent`. */
  readonly points: readonly InkPoint[];
  readonly measured: boolean;
  readonly extent: { readonly width: number; readonly height: number };
}

export interface BoxShape extends Common {
  readonly type: "rect" | "ellipse";
  readonly color: ColorName;
  readonly size: SizeName;
  readonly fill: FillName;
}

export interface TextShape extends Common {
  readonly type: "text";
  readonly color: ColorName;
  readonly size: SizeName;
  readonly text: string;
}

/** A shape of a newer client: drawn as a placeholder, can be moved and deleted, never restyled. */
export interface ForeignShape extends Common {
  readonly type: "foreign";
  readonly named: string;
}

/** What the board draws. Immutable: a change of the document makes a new object. */
export type Shape = InkShape | BoxShape | TextShape | ForeignShape;

/**
 * Untrusted in, safe out. `value` is what a peer put under `id`; null means: not drawable, count it and leave it alone
 * (a newer client may understand it). Never throws.
 */
export function parseShape(id: string, value: unknown): Shape | null {
  if (!(value instanceof Y.Map)) return null;
  const type = value.get("type");
  const box = parseBox(value.get("box"));
  if (!box || typeof type !== "string") return null;
  const z = value.get("z");
  const by = value.get("by");
  const common = {
    id,
    box,
    z: isOrderKey(z) ? z : ORDER_DEFAULT,
    by: typeof by === "string" ? by.slice(0, limits.nameMax) : "",
  };
  const color = oneOf(COLORS, value.get("color"), "black");
  const size = oneOf(SIZES, value.get("size"), "m");
  switch (type) {
    case "pen":
      return parseInk({ ...common, type, color, size }, value.get("points"));
    case "rect":
    case "ellipse":
      return { ...common, type, color, size, fill: oneOf(FILLS, value.get("fill"), "none") };
    case "text": {
      const text = value.get("text");
      if (!(text instanceof Y.Text)) return null;
      return { ...common, type, color, size, text: text.toString().slice(0, limits.textDrawnMax) };
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

export function isCoordinate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= limits.coordinateMax;
}

export function oneOf<const T extends string>(names: readonly T[], value: unknown, otherwise: T): T {
  return names.find((name) => name === value) ?? otherwise;
}

/** Width and height that points relative to a box fill. */
function extentOf(points: readonly InkPoint[]): { readonly width: number; readonly height: number } {
  let width = 0;
  let height = 0;
  for (const point of points) {
    width = Math.max(width, point.x);
    height = Math.max(height, point.y);
  }
  return { width, height };
}

function parseInk(head: Common & Pick<InkShape, "type" | "color" | "size">, bytes: unknown): InkShape | null {
  if (!(bytes instanceof Uint8Array)) return null;
  const unpacked = unpackOnce(bytes);
  if (!unpacked.ok) return null;
  const { points, measured } = unpacked.stroke;
  return { ...head, points, measured, extent: extentOf(points) };
}
