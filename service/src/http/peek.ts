import { NumberedFrame } from "../core/numbered-frame.ts";
import type { Frame } from "../core/ports.ts";

/** How the frames of a connection are read by the eyes of the service: counters, fault rules and the live page. */
export type Format = "json" | "protobuf" | "plain" | "mqtt";

/** So much of a frame is shown; the rest is named by its length. */
export const shownBytesMax: number = 2 * 1024;

const named: readonly Format[] = ["json", "protobuf", "mqtt"];

/** By the name of a codec, such as `json.reliable.webpubsub.azure.v1`. */
export function formatOf(subprotocol: string): Format {
  const [kind] = subprotocol.toLowerCase().split(".", 1);
  // Not `kind` itself: each connection keeps the answer, and it would be a string of its own.
  return named.find((format) => format === kind) ?? "plain";
}

const ackStart = Buffer.from('{"type":"ack"', "latin1");
/** Packet types of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
const mqttAcks: ReadonlySet<number> = new Set([4, 5, 6, 7, 9, 11]);
const ackTag = 0x0a; // DownstreamMessage.ack_message = 1
const dataMessage = 2;
const systemMessage = 3;
const groupOfData = 2;

/** Whether an outgoing frame answers a request. Looks at the first bytes only: it is asked for every frame. */
export function isAck(frame: Frame, format: Format): boolean {
  // Only data is numbered; its head would have to be made to be looked at.
  if (frame instanceof NumberedFrame) return false;
  const start = frame.head ?? frame.body;
  if (format === "mqtt") return mqttAcks.has((start[0] ?? 0) >> 4);
  if (format === "protobuf") return start[0] === ackTag;
  return format === "json" && start[9] === ackStart[9] && ackStart.every((byte, at) => start[at] === byte);
}

/** The group of an outgoing data message. */
export function groupOf(frame: Frame, format: Format): string | undefined {
  const bytes = whole(frame);
  switch (format) {
    case "plain":
    case "mqtt":
      return frame instanceof NumberedFrame ? groupOf(frame.shared, format) : frame.group;
    case "json": {
      const fields = parse(bytes.toString("utf8"));
      return fields["type"] === "message" && typeof fields["group"] === "string" ? fields["group"] : undefined;
    }
    case "protobuf": {
      const data = protobufField(bytes, dataMessage);
      const group = data === undefined ? undefined : protobufField(data, groupOfData);
      return group === undefined ? undefined : Buffer.from(group).toString("utf8");
    }
  }
}

/** A frame for people's eyes: cut, without control characters and never with a reconnection token. */
export function describeOutgoing(frame: Frame, format: Format): string {
  const bytes = whole(frame);
  if (format === "protobuf" && protobufField(bytes, systemMessage) !== undefined)
    return `system, ${bytes.length} bytes`;
  return describe(bytes);
}

export function describe(bytes: Buffer): string {
  // Cut last: what is hidden must not depend on where the cut falls.
  const text = readable(bytes.subarray(0, shownBytesMax * 2)).replace(
    /"reconnectionToken"\s*:\s*"[^"]*"?/g,
    '"reconnectionToken":"…"',
  );
  const shown = text.slice(0, shownBytesMax);
  return bytes.length > shownBytesMax ? `${shown}… (${bytes.length} bytes)` : shown;
}

/** The first length-delimited field of this number. Undefined as well for bytes that are no protobuf. */
export function protobufField(bytes: Uint8Array, wanted: number): Uint8Array | undefined {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : 0;
    if (kind === 0) varint();
    else if (kind !== 1 && kind !== 2 && kind !== 5) return undefined;
    if (at + length > bytes.length) return undefined;
    if (kind === 2 && Math.floor(tag / 8) === wanted) return bytes.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

function whole({ head, body }: Frame): Buffer {
  return head === undefined ? Buffer.from(body.buffer, body.byteOffset, body.length) : Buffer.concat([head, body]);
}

function readable(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/[\p{Cc}\uFFFD]/gu, "·");
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // Not JSON: no rule about groups can mean it.
  }
}
