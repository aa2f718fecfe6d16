import type { Point } from "../canvas/camera.ts";
import { limits } from "../limits.ts";
import { boxPoints } from "../model/build.ts";
import { type InkPoint, PRESSURE_DEFAULT, pack, unpack } from "../model/points.ts";
import {
  type Box,
  type BoxShape,
  COLORS,
  DASHES,
  extentOf,
  FILLS,
  type InkShape,
  isCoordinate,
  type LineShape,
  OPACITIES,
  SIZES,
  type Style,
} from "../model/schema.ts";

/**
 * A shape while it is being drawn, as bytes for `provider.broadcast`. A stroke sends only its new points, so a message
 * is about 40 bytes however long the stroke is. Ids are those of the shape to come: when it arrives, the draft goes.
 */
export type DraftMessage =
  | {
      readonly kind: "ink";
      readonly id: string;
      readonly author: number;
      readonly style: Style;
      readonly first: number;
      readonly measured: boolean;
      readonly highlight: boolean;
      readonly points: readonly InkPoint[];
    }
  | {
      readonly kind: LineShape["type"];
      readonly id: string;
      readonly author: number;
      readonly style: Style;
      readonly from: Point;
      readonly to: Point;
    }
  | {
      readonly kind: BoxShape["type"];
      readonly id: string;
      readonly author: number;
      readonly style: Style;
      readonly box: Box;
    }
  | { readonly kind: "cancel"; readonly id: string; readonly author: number };

const VERSION = 1;
const KINDS = ["ink", "rect", "ellipse", "cancel", "diamond", "line", "arrow"] as const;
/** The style byte: two bits of fill, then one of dash, one of highlight, two of size, two of opacity. */
const DASH_UNIT = 4;
const HIGHLIGHT_UNIT = 8;
const SIZE_UNIT = 16;
const OPACITY_UNIT = 64;
const ID = /^[A-Za-z0-9_-]{1,32}$/;
const HEADER_BYTES = 11;

export function encodeDraft(message: DraftMessage): Uint8Array {
  const id = new TextEncoder().encode(message.id);
  const body = bodyOf(message);
  const bytes = new Uint8Array(HEADER_BYTES + id.length + body.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = KINDS.indexOf(message.kind);
  view.setUint32(2, message.author);
  if (message.kind !== "cancel") {
    const { color, size, fill, dash, opacity } = message.style;
    const highlight = message.kind === "ink" && message.highlight ? HIGHLIGHT_UNIT : 0;
    bytes[6] = COLORS.indexOf(color);
    bytes[7] =
      FILLS.indexOf(fill) +
      DASHES.indexOf(dash) * DASH_UNIT +
      highlight +
      SIZES.indexOf(size) * SIZE_UNIT +
      OPACITIES.indexOf(opacity) * OPACITY_UNIT;
  }
  view.setUint16(8, message.kind === "ink" ? message.first : 0);
  bytes[10] = id.length;
  bytes.set(id, HEADER_BYTES);
  bytes.set(body, HEADER_BYTES + id.length);
  return bytes;
}

/** Decodes what a peer sent; null for anything that is not a draft. Never throws. */
export function decodeDraft(bytes: Uint8Array): DraftMessage | null {
  if (bytes.length < HEADER_BYTES || bytes.length > limits.draftMessageBytesMax || bytes[0] !== VERSION) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS[view.getUint8(1)];
  const bodyAt = HEADER_BYTES + view.getUint8(10);
  const id = String.fromCharCode(...bytes.subarray(HEADER_BYTES, bodyAt));
  if (!kind || bodyAt > bytes.length || !ID.test(id)) return null;
  const head = { id, author: view.getUint32(2) };
  if (kind === "cancel") return { kind, ...head };
  const style = readStyle(view);
  if (!style) return null;
  const body = bytes.subarray(bodyAt);
  if (kind === "ink") {
    const unpacked = unpack(body);
    if (!unpacked.ok) return null;
    const highlight = (view.getUint8(7) & HIGHLIGHT_UNIT) !== 0;
    return { kind, ...head, style, highlight, first: view.getUint16(8), ...unpacked.stroke };
  }
  if (body.length !== 16) return null;
  const [a, b, c, d] = [0, 4, 8, 12].map((at) => view.getInt32(bodyAt + at) / 10);
  if (!isCoordinate(a) || !isCoordinate(b) || !isCoordinate(c) || !isCoordinate(d)) return null;
  if (kind === "line" || kind === "arrow") return { kind, ...head, style, from: { x: a, y: b }, to: { x: c, y: d } };
  return { kind, ...head, style, box: [a, b, Math.max(0, c), Math.max(0, d)] };
}

function readStyle(view: DataView): Style | null {
  const bits = view.getUint8(7);
  const color = COLORS[view.getUint8(6)];
  const fill = FILLS[bits & 3];
  const dash = DASHES[(bits & DASH_UNIT) / DASH_UNIT];
  const size = SIZES[Math.floor(bits / SIZE_UNIT) & 3];
  const opacity = OPACITIES[Math.floor(bits / OPACITY_UNIT)];
  return color && fill && dash && size && opacity ? { color, size, fill, dash, opacity } : null;
}

function bodyOf(message: DraftMessage): Uint8Array {
  switch (message.kind) {
    case "ink":
      return pack(message);
    case "line":
    case "arrow":
      return fourNumbers([message.from.x, message.from.y, message.to.x, message.to.y]);
    case "rect":
    case "ellipse":
    case "diamond":
      return fourNumbers(message.box);
    case "cancel":
      return new Uint8Array(0);
  }
}

function fourNumbers(numbers: readonly [number, number, number, number]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  numbers.forEach((value, index) => {
    view.setInt32(index * 4, Math.round(value * 10));
  });
  return new Uint8Array(view.buffer);
}

/** Points in the world, as the shape that they will be. Drafts lie above everything, so `z` says nothing. */
export function inkDraft(
  id: string,
  { color, size, opacity }: Style,
  stroke: { readonly points: readonly InkPoint[]; readonly measured: boolean; readonly highlight: boolean },
): InkShape {
  const { box, points } = boxPoints(stroke.points);
  const { measured, highlight } = stroke;
  const extent = { width: box[2], height: box[3] };
  return { id, type: "pen", box, z: "", by: "", color, size, opacity, points, measured, highlight, extent };
}

/** A line between two places in the world, as the shape that it will be. */
export function lineDraft(
  id: string,
  type: LineShape["type"],
  { color, size, dash, opacity }: Style,
  [from, to]: readonly [Point, Point],
): LineShape {
  const { box, points } = boxPoints([from, to].map(({ x, y }) => ({ x, y, pressure: PRESSURE_DEFAULT })));
  return { id, type, box, z: "", by: "", color, size, dash, opacity, points, extent: extentOf(points) };
}
