import { isUtf8 } from "node:buffer";
import { type Metadata, readMetadata } from "../core/metadata.ts";
import { groupNameCharsMax, isEventName, isGroupName } from "../core/names.ts";
import { ownBytes, type Payload } from "../core/payload.ts";
import type { AckId, ClientMessage, Decoded } from "../core/ports.ts";
import { type Field, readFields } from "./protobuf-reader.ts";
import { readUsualSend } from "./protobuf-usual.ts";

type Fields = readonly Field[];
/** A message, or what is wrong with it. */
type Read = ClientMessage | string;

const invalid = "The client message is not a valid protobuf protocol message.";
const ttlSecondsMax = 300n;

/** Close codes: 1003 for a text frame, 1007 for anything that is not an `UpstreamMessage` with one known member. */
export function decodeProtobuf(data: string | Uint8Array): Decoded<ClientMessage> {
  if (typeof data === "string") return { ok: false, code: 1003, problem: "InvalidMessageType" };
  const usual = readUsualSend(data);
  if (usual !== undefined) return { ok: true, message: usual };
  const fields = readFields(data);
  const message = fields === undefined ? "message" : readUpstream(fields);
  if (typeof message !== "string") return { ok: true, message };
  return { ok: false, code: 1007, problem: `${invalid} Look at the field '${message}'.` };
}

/** Of the members of a oneof the last one counts; unknown fields are skipped, and so are those of an unexpected kind. */
function readUpstream(fields: Fields): Read {
  const member = fields.findLast((field) => field.kind === "bytes" && upstreamMembers.has(field.number));
  const read = member === undefined ? undefined : upstreamMembers.get(member.number);
  const inner = member?.kind === "bytes" ? readFields(member.value) : undefined;
  return read === undefined || inner === undefined ? "message" : read(inner);
}

const upstreamMembers: ReadonlyMap<number, (fields: Fields) => Read> = new Map([
  [1, readSend],
  [5, readEvent],
  [6, (fields: Fields) => readMembership("joinGroup", fields)],
  [7, (fields: Fields) => readMembership("leaveGroup", fields)],
  [8, readSequenceAck],
  [9, (): Read => ({ type: "ping" })],
]);

function readSend(fields: Fields): Read {
  const group = readGroup(fields);
  const ackId = readAckId(fields, 2);
  const noEcho = lastVarint(fields, 4) ?? 0n;
  const ttlSeconds = lastVarint(fields, 5);
  if (group === undefined) return "group";
  if ((ttlSeconds ?? 0n) > ttlSecondsMax) return "ttl_seconds";
  if (hasStream(fields, 7)) return streamRefusal(ackId);
  const payload = readPayload(fields, { data: 3, metadata: 6 });
  if (typeof payload === "string") return payload;
  return {
    type: "sendToGroup",
    group,
    ackId,
    noEcho: noEcho !== 0n,
    ttlSeconds: ttlSeconds === undefined ? undefined : Number(ttlSeconds),
    payload,
  };
}

function readEvent(fields: Fields): Read {
  const event = lastText(fields, 1);
  const ackId = readAckId(fields, 3);
  if (event === undefined || !isEventName(event)) return "event";
  if (hasStream(fields, 5)) return streamRefusal(ackId);
  const payload = readPayload(fields, { data: 2, metadata: 4 });
  return typeof payload === "string" ? payload : { type: "event", event, ackId, payload };
}

function readMembership(type: "joinGroup" | "leaveGroup", fields: Fields): Read {
  const group = readGroup(fields);
  const ackId = readAckId(fields, 2);
  if (group === undefined) return "group";
  return { type, group, ackId };
}

/** Rounded above 2^53: such a number confirms everything anyway. */
function readSequenceAck(fields: Fields): Read {
  const sequenceId = lastVarint(fields, 1) ?? 0n;
  return { type: "sequenceAck", sequenceId: Number(sequenceId) };
}

/** How the service would speak of streams in protobuf is not published: an ack is all that can be said. */
function streamRefusal(ackId: AckId | undefined): ClientMessage {
  return { type: "unsupported", answer: ackId === undefined ? { to: "nobody" } : { to: "ack", ackId } };
}

function hasStream(fields: Fields, number: number): boolean {
  return fields.some((field) => field.number === number);
}

/** Metadata without data is an empty text. */
function readPayload(fields: Fields, numbers: { readonly data: number; readonly metadata: number }): Payload | string {
  const metadata = readMetadataField(fields, numbers.metadata);
  if (metadata === "metadata") return metadata;
  const field = fields.findLast(({ number, kind }) => number === numbers.data && kind === "bytes");
  if (field === undefined) {
    return "metadata" in metadata ? { dataType: "text", bytes: Buffer.alloc(0), ...metadata } : "data";
  }
  const inner = field.kind === "bytes" ? readFields(field.value) : undefined;
  const value = inner?.findLast(({ number, kind }) => number >= 1 && number <= 4 && kind === "bytes");
  // A member that a later one replaces must be whole as well.
  if (inner === undefined || value?.kind !== "bytes" || !inner.every(isWhole)) return "data";
  const bytes = ownBytes(value.value);
  switch (value.number) {
    case 1:
      return { dataType: "text", bytes, ...metadata };
    case 2:
      return { dataType: "binary", bytes, ...metadata };
    case 3:
      return { dataType: "protobuf", bytes, ...metadata };
    default:
      return isJson(bytes) ? { dataType: "json", bytes, ...metadata } : "data";
  }
}

/** Whether a member of `MessageData` is what it says it is: a text, bytes, an `Any`, or the text of a JSON value. */
function isWhole(field: Field): boolean {
  if (field.kind !== "bytes") return true;
  if (field.number === 1 || field.number === 4) return isUtf8(field.value);
  return field.number !== 3 || isAny(field.value);
}

/** Both members of `google.protobuf.Any` may be absent, but what is there must be of its kind. */
function isAny(bytes: Uint8Array): boolean {
  const fields = readFields(bytes);
  return fields?.every((field) => field.number !== 1 || field.kind !== "bytes" || isUtf8(field.value)) ?? false;
}

/** JSON clients get the text spliced into their frames, so it must hold; null they would drop. */
function isJson(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    return JSON.parse(utf8(bytes)) !== null;
  } catch {
    return false; // Not JSON: the caller names the field.
  }
}

function readMetadataField(fields: Fields, number: number): { readonly metadata?: Metadata } | "metadata" {
  const pairs: [string, string][] = [];
  for (const field of fields) {
    if (field.number !== number) continue;
    const entry = field.kind === "bytes" ? readFields(field.value) : undefined;
    const key = entry === undefined ? undefined : lastText(entry, 1);
    const value = entry === undefined ? undefined : lastText(entry, 2);
    if (key === undefined || value === undefined) return "metadata";
    pairs.push([key, value]);
  }
  if (pairs.length === 0) return {};
  const read = readMetadata(pairs);
  return read.ok ? { metadata: read.metadata } : "metadata";
}

function readGroup(fields: Fields): string | undefined {
  const group = lastText(fields, 1);
  return group !== undefined && isGroupName(group, groupNameCharsMax) ? group : undefined;
}

function readAckId(fields: Fields, number: number): AckId | undefined {
  return lastVarint(fields, number)?.toString();
}

function lastVarint(fields: Fields, number: number): bigint | undefined {
  const field = fields.findLast((candidate) => candidate.number === number && candidate.kind === "varint");
  return field?.kind === "varint" ? field.value : undefined;
}

/** Empty when absent, as proto3 means it; undefined when it is no text. */
function lastText(fields: Fields, number: number): string | undefined {
  const texts = fields.filter((field) => field.number === number && field.kind === "bytes");
  const last = texts.at(-1);
  if (last?.kind !== "bytes") return "";
  return texts.every((field) => field.kind === "bytes" && isUtf8(field.value)) ? utf8(last.value) : undefined;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
