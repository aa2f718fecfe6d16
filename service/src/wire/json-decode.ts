import { type Metadata, readMetadata } from "../core/metadata.ts";
import { isEventName, isGroupName } from "../core/names.ts";
import type { AckId, ClientMessage, Decoded, Payload } from "../core/ports.ts";
import { countMembers, rawMembers } from "./raw-members.ts";

type Fields = Readonly<Record<string, unknown>>;
type Raw = ReadonlyMap<string, string>;
/** A message, or the name of the field that is wrong. */
type Read = ClientMessage | string;

const invalid = "The client message is not a valid JSON protocol message.";
const spliced: ReadonlySet<string> = new Set(["data", "ackId", "metadata"]);
const groupNameCharsMax = 1_024;
const ttlSecondsMax = 300;

/** Close codes: 1003 for a binary frame, 1007 for anything that is not a message of the subprotocol. */
export function decodeJson(data: string | Uint8Array): Decoded<ClientMessage> {
  if (typeof data !== "string") return { ok: false, code: 1003, problem: "InvalidMessageType" };
  const fields = parseObject(data);
  if (fields === undefined) return { ok: false, code: 1007, problem: invalid };
  const message = read(fields, rawMembers(data, spliced));
  if (typeof message !== "string") return { ok: true, message };
  return { ok: false, code: 1007, problem: `${invalid} Look at the field '${message}'.` };
}

function parseObject(text: string): Fields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // Not JSON: the caller answers with the close code for it.
  }
  return isObject(value) ? value : undefined;
}

function read(fields: Fields, raw: Raw): Read {
  const type = typeof fields["type"] === "string" ? fields["type"].toLowerCase() : "";
  switch (type) {
    case "joingroup":
      return readMembership("joinGroup", fields, raw);
    case "leavegroup":
      return readMembership("leaveGroup", fields, raw);
    case "sendtogroup":
      return readSend(fields, raw);
    case "event":
      return readEvent(fields, raw);
    case "sequenceack":
      return isCount(fields["sequenceId"]) ? { type: "sequenceAck", sequenceId: fields["sequenceId"] } : "sequenceId";
    case "ping":
      return { type: "ping" };
    default:
      return readPreview(type, fields, raw);
  }
}

function readMembership(type: "joinGroup" | "leaveGroup", fields: Fields, raw: Raw): Read {
  const group = readGroup(fields);
  const ackId = readAckId(raw);
  if (group === undefined) return "group";
  return ackId === "wrong" ? "ackId" : { type, group, ackId: ackId.id };
}

function readSend(fields: Fields, raw: Raw): Read {
  const group = readGroup(fields);
  const ackId = readAckId(raw);
  const noEcho = fields["noEcho"] ?? false;
  const ttlSeconds = fields["ttlSeconds"] ?? undefined;
  if (group === undefined) return "group";
  if (ackId === "wrong") return "ackId";
  if (typeof noEcho !== "boolean") return "noEcho";
  if (ttlSeconds !== undefined && (!isCount(ttlSeconds) || ttlSeconds > ttlSecondsMax)) return "ttlSeconds";
  if (isObject(fields["stream"])) return readStream(fields["stream"]);
  const payload = readPayload(fields, raw);
  if (typeof payload === "string") return payload;
  return { type: "sendToGroup", group, ackId: ackId.id, noEcho, ttlSeconds, payload };
}

function readEvent(fields: Fields, raw: Raw): Read {
  const { event } = fields as { readonly event?: unknown };
  const ackId = readAckId(raw);
  const payload = readPayload(fields, raw);
  if (typeof event !== "string" || !isEventName(event)) return "event";
  if (ackId === "wrong") return "ackId";
  return typeof payload === "string" ? payload : { type: "event", event, ackId: ackId.id, payload };
}

/** Kinds of the newest client library that this service does not offer, told apart so that each gets a fit refusal. */
function readPreview(type: string, fields: Fields, raw: Raw): Read {
  switch (type) {
    case "streamdata":
    case "streamend":
      return readStream(fields);
    case "invoke": {
      const { invocationId } = fields as { readonly invocationId?: unknown };
      if (typeof invocationId !== "string") return "invocationId";
      return { type: "unsupported", answer: { to: "invoke", invocationId } };
    }
    case "setgroupstate":
    case "subscribegroupstate":
    case "unsubscribegroupstate": {
      const ackId = readAckId(raw);
      if (ackId === "wrong") return "ackId";
      return {
        type: "unsupported",
        answer: ackId.id === undefined ? { to: "nobody" } : { to: "ack", ackId: ackId.id },
      };
    }
    case "cancelinvocation":
    case "invokeresponse":
      return { type: "unsupported", answer: { to: "nobody" } };
    default:
      return "type";
  }
}

function readStream(fields: Fields): Read {
  const { streamId } = fields as { readonly streamId?: unknown };
  return typeof streamId === "string" ? { type: "unsupported", answer: { to: "stream", streamId } } : "streamId";
}

function readGroup(fields: Fields): string | undefined {
  const { group } = fields as { readonly group?: unknown };
  return typeof group === "string" && isGroupName(group, groupNameCharsMax) ? group : undefined;
}

/** From the raw text: a 64-bit number does not survive JSON.parse. */
function readAckId(raw: Raw): { readonly id: AckId | undefined } | "wrong" {
  const literal = raw.get("ackId");
  if (literal === undefined || literal === "null") return { id: undefined };
  if (!/^(?:0|[1-9]\d{0,19})$/.test(literal) || BigInt(literal) > 0xffff_ffff_ffff_ffffn) return "wrong";
  return { id: literal };
}

/** Metadata without data is an empty text. */
function readPayload(fields: Fields, raw: Raw): Payload | "data" | "metadata" {
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

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
