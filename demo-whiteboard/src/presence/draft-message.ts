import { limits } from "../limits.ts";
import { boxPoints } from "../model/board.ts";
import { type InkPoint, pack, unpack } from "../model/points.ts";
import { type Box, COLORS, FILLS, type InkShape, isCoordinate, SIZES, type Style } from "../model/schema.ts";

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
      readonly points: readonly InkPoint[];
    }
  | {
      readonly kind: "rect" | "ellipse";
      readonly id: string;
      readonly author: number;
      readonly style: Style;
      readonly box: Box;
    }
  | { readonly kind: "cancel"; readonly id: string; readonly author: number };

const VERSION = 1;
const KINDS = ["ink", "rect", "ellipse", "cancel"] as const;
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
    const { color, size, fill } = message.style;
    bytes[6] = COLORS.indexOf(color);
    bytes[7] = SIZES.indexOf(size) * 16 + FILLS.indexOf(fill);
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
  const color = COLORS[view.getUint8(6)];
  const size = SIZES[view.getUint8(7) >> 4];
  const fill = FILLS[view.getUint8(7) & 15];
  if (!color || !size || !fill) return null;
  const style = { color, size, fill };
  const body = bytes.subarray(bodyAt);
  if (kind === "ink") {
    const unpacked = unpack(body);
    if (!unpacked.ok) return null;
    return { kind, ...head, style, first: view.getUint16(8), ...unpacked.stroke };
  }
  if (body.length !== 16) return null;
  const box = [0, 4, 8, 12].map((at) => view.getInt32(bodyAt + at) / 10);
  const [x, y, width, height] = box;
  if (!isCoordinate(x) || !isCoordinate(y) || !isCoordinate(width) || !isCoordinate(height)) return null;
  return { kind, ...head, style, box: [x, y, Math.max(0, width), Math.max(0, height)] };
}

function bodyOf(message: DraftMessage): Uint8Array {
  switch (message.kind) {
    case "ink":
      return pack(message);
    case "rect":
    case "ellipse": {
      const view = new DataView(new ArrayBuffer(16));
      message.box.forEach((value, index) => {
        view.setInt32(index * 4, Math.round(value * 10));
      });
      return new Uint8Array(view.buffer);
    }
    case "cancel":
      return new Uint8Array(0);
  }
}

/** Points in the world, as the shape that they will be. Drafts lie above everything, so `z` says nothing. */
export function inkDraft(
  id: string,
  style: Style,
  stroke: { readonly points: readonly InkPoint[]; readonly measured: boolean },
): InkShape {
  const { box, points } = boxPoints(stroke.points);
  const extent = { width: box[2], height: box[3] };
  return {
    id,
    type: "pen",
    box,
    z: "",
    by: "",
    color: style.color,
    size: style.size,
    points,
    measured: stroke.measured,
    extent,
  };
}
