import { limits } from "../limits.ts";

/** A sample of a stroke. Coordinates are world units, multiples of 0.1; pressure is 0 to 1. */
export interface InkPoint {
  readonly x: number;
  readonly y: number;
  readonly pressure: number;
}

/** `measured` says whether a stylus reported the pressure; without it the ink width follows the speed. */
export interface Stroke {
  readonly points: readonly InkPoint[];
  readonly measured: boolean;
}

export type Unpacked =
  | { readonly ok: true; readonly stroke: Stroke }
  | { readonly ok: false; readonly problem: string };

const UNITS_PER_PIXEL = 10;
const PLAIN = 0;
const MEASURED = 1;
/** Pressure of every point of a stroke that carries none. */
export const PRESSURE_DEFAULT = 0.5;

/** Snaps a coordinate to the grid that `pack` keeps, so that a live stroke and its committed form are equal. */
export function snap(coordinate: number): number {
  return Math.round(coordinate * UNITS_PER_PIXEL) / UNITS_PER_PIXEL;
}

/**
 * A stroke in few bytes: one format byte, then for each point the zigzag varints of the step in x and y (0.1 px) and,
 * if measured, one byte of pressure. The first step starts at 0, 0.
 */
export function pack(stroke: Stroke): Uint8Array {
  const bytes: number[] = [stroke.measured ? MEASURED : PLAIN];
  let x = 0;
  let y = 0;
  for (const point of stroke.points) {
    const nextX = Math.round(point.x * UNITS_PER_PIXEL);
    const nextY = Math.round(point.y * UNITS_PER_PIXEL);
    pushZigzag(bytes, nextX - x);
    pushZigzag(bytes, nextY - y);
    if (stroke.measured) bytes.push(Math.round(Math.min(1, Math.max(0, point.pressure)) * 255));
    x = nextX;
    y = nextY;
  }
  return Uint8Array.from(bytes);
}

/** Decodes what a peer wrote. Never throws; bounded by `limits.strokeBytesMax` and `limits.strokePointsMax`. */
export function unpack(bytes: Uint8Array): Unpacked {
  if (bytes.length > limits.strokeBytesMax) return problem("too many bytes");
  const format = bytes[0];
  if (format !== PLAIN && format !== MEASURED) return problem("unknown format");
  const measured = format === MEASURED;
  const points: InkPoint[] = [];
  let at = 1;
  let x = 0;
  let y = 0;
  const bound = limits.coordinateMax * UNITS_PER_PIXEL;
  while (at < bytes.length) {
    if (points.length === limits.strokePointsMax) return problem("too many points");
    const stepX = readZigzag(bytes, at);
    if (!stepX) return problem("broken step");
    const stepY = readZigzag(bytes, stepX.end);
    if (!stepY) return problem("broken step");
    at = stepY.end;
    x += stepX.value;
    y += stepY.value;
    if (Math.abs(x) > bound || Math.abs(y) > bound) return problem("out of the plane");
    let pressure = PRESSURE_DEFAULT;
    if (measured) {
      const byte = bytes[at];
      if (byte === undefined) return problem("pressure missing");
      pressure = byte / 255;
      at += 1;
    }
    points.push({ x: x / UNITS_PER_PIXEL, y: y / UNITS_PER_PIXEL, pressure });
  }
  return points.length === 0 ? problem("no points") : { ok: true, stroke: { points, measured } };
}

const known = new WeakMap<Uint8Array, Unpacked>();

/** `unpack` with memory: moving a stroke keeps its bytes, so it also keeps its points (and the path drawn from them). */
export function unpackOnce(bytes: Uint8Array): Unpacked {
  let unpacked = known.get(bytes);
  if (!unpacked) {
    unpacked = unpack(bytes);
    known.set(bytes, unpacked);
  }
  return unpacked;
}

function problem(text: string): Unpacked {
  return { ok: false, problem: text };
}

function pushZigzag(bytes: number[], value: number): void {
  // Not shifts: a step across the whole plane needs 25 bits plus the sign, and halves stay exact.
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

const VARINT_BYTES_MAX = 5;

function readZigzag(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } | null {
  let rest = 0;
  let scale = 1;
  for (let at = start; at < start + VARINT_BYTES_MAX; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    rest += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value: rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2, end: at + 1 };
    scale *= 0x80;
  }
  return null;
}
