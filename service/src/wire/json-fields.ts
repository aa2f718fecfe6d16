import { type Metadata, readMetadata } from "../core/metadata.ts";
import { groupNameCharsMax, isGroupName } from "../core/names.ts";
import type { AckId, Payload } from "../core/ports.ts";
import { countMembers } from "./raw-members.ts";

/** The members of one JSON message, parsed, and as they were written. */
export type Fields = Readonly<Record<string, unknown>>;
export type Raw = ReadonlyMap<string, string>;

export function readGroup(fields: Fields): string | undefined {
  const { group } = fields as { readonly group?: unknown };
  return typeof group === "string" && isGroupName(group, groupNameCharsMax) ? group : undefined;
}

/** From the raw text: a 64-bit number does not survive JSON.parse. */
export function readAckId(raw: Raw): { readonly id: AckId | undefined } | "wrong" {
  const literal = raw.get("ackId");
  if (literal === undefined || literal === "null") return { id: undefined };
  if (!/^(?:0|[1-9]\d{0,19})$/.test(literal) || BigInt(literal) > 0xffff_ffff_ffff_ffffn) return "wrong";
  return { id: literal };
}

/** Metadata without data is an empty text. */
export function readPayload(fields: Fields, raw: Raw): Payload | "data" | "metadata" {
  const { data, dataType = "json" } = fields as { readonly data?: unknown; readonly dataType?: unknown };
  const metadata = readMetadataField(fields, raw);
  if (metadata === "metadata") return metadata;
  const literal = raw.get("data");
  if (literal === undefined) return "metadata" in metadata ? { dataType: "text", literal: '""', ...metadata } : "data";
  if (data === null) return "data";
  if (dataType === "json") return { dataType, literal, ...metadata };
  if (typeof data !== "string") return "data";
  if (dataType === "text") return { dataType, literal, ...metadata };
  return dataType === "binary" && isBase64(data) ? { dataType, literal: `"${data}"`, ...metadata } : "data";
}

/** JSON.parse hides repeated keys, so they are counted in the text. */
function readMetadataField(fields: Fields, raw: Raw): { readonly metadata?: Metadata } | "metadata" {
  const { metadata } = fields as { readonly metadata?: unknown };
  if (metadata === undefined || metadata === null) return {};
  if (!isObject(metadata)) return "metadata";
  const pairs = Object.entries(metadata).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  if (pairs.length !== countMembers(raw.get("metadata") ?? "")) return "metadata";
  const read = readMetadata(pairs);
  return read.ok ? { metadata: read.metadata } : "metadata";
}

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
