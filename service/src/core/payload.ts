import { unreachable } from "./assert.ts";
import type { Metadata } from "./metadata.ts";

/**
 * What a message carries, in the form it came in: it is spliced into frames of the same form and converted for the
 * others, once per message (see `Message`).
 */
export type Payload = LiteralPayload | BytesPayload;

/** `literal` is the JSON literal of `data`, exactly as sent; for `binary` and `protobuf` a base64 string in quotes. */
export interface LiteralPayload {
  readonly dataType: DataType;
  readonly literal: string;
  readonly metadata?: Metadata;
  readonly mqtt?: MqttDetails;
}

/** The data itself: UTF-8 for `json` and `text`, a serialised `google.protobuf.Any` for `protobuf`. */
export interface BytesPayload {
  readonly dataType: DataType;
  readonly bytes: Uint8Array;
  readonly metadata?: Metadata;
  readonly mqtt?: MqttDetails;
}

/** What an MQTT publish has besides its data: passed on to MQTT members as it is, lost to all others. */
export interface MqttDetails {
  readonly qos: 0 | 1 | 2;
  readonly contentType?: string;
  readonly payloadFormatIndicator?: boolean;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** In the sender's order; names may repeat. */
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

export type DataType = "json" | "text" | "binary" | "protobuf";

/** The JSON literal of the data. */
export function literalOf(payload: Payload): string {
  if ("literal" in payload) return payload.literal;
  const { dataType, bytes } = payload;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dataType) {
    case "json":
      return buffer.toString("utf8");
    case "text":
      return JSON.stringify(buffer.toString("utf8"));
    case "binary":
    case "protobuf":
      return `"${buffer.toString("base64")}"`;
    default:
      throw unreachable(dataType);
  }
}

/** The data itself: UTF-8 of a JSON text or of a text, or plain bytes. */
export function bytesOf(payload: Payload): Uint8Array {
  if ("bytes" in payload) return payload.bytes;
  const { dataType, literal } = payload;
  switch (dataType) {
    case "json":
      return Buffer.from(literal, "utf8");
    case "text":
      return Buffer.from(String(JSON.parse(literal)), "utf8");
    case "binary":
    case "protobuf":
      return Buffer.from(literal.slice(1, -1), "base64");
    default:
      throw unreachable(dataType);
  }
}

/**
 * A part of received bytes that may be kept for long. A slice keeps the whole buffer alive, which nobody counts: a small
 * part of a large buffer is copied.
 */
export function ownBytes(slice: Uint8Array): Uint8Array {
  return slice.length * 2 > slice.buffer.byteLength ? slice : Buffer.from(slice);
}
