import { isUtf8 } from "node:buffer";
import { groupNameCharsMax, isGroupName } from "../core/names.ts";
import { ownBytes, type Payload } from "../core/payload.ts";
import type { ClientMessage } from "../core/ports.ts";
import { type Cursor, readSmall } from "./protobuf-reader.ts";

/** Tags of `UpstreamMessage`, `SendToGroupMessage` and `MessageData`. */
const sendTag = 0x0a;
const send = { group: 0x0a, ackId: 0x10, data: 0x1a, noEcho: 0x20 } as const;
const data = { text: 0x0a, binary: 0x12 } as const;

/**
 * What clients send most often: a text or bytes for a group, every field at most once. It is read in place, in a fraction
 * of the time. Undefined for anything else, be it right or wrong.
 */
export function readUsualSend(bytes: Uint8Array): ClientMessage | undefined {
  const cursor = { bytes, at: 1 };
  if (bytes[0] !== sendTag || readEnd(cursor) !== bytes.length) return undefined;
  let group: string | undefined;
  let ackId: number | undefined;
  let noEcho: number | undefined;
  let payload: Payload | undefined;
  while (cursor.at < bytes.length) {
    const tag = bytes[cursor.at++];
    if (tag === send.group && group === undefined) group = readAscii(cursor);
    else if (tag === send.data && payload === undefined) payload = readData(cursor);
    else if (tag === send.ackId && ackId === undefined) ackId = readSmall(cursor) ?? wrong;
    else if (tag === send.noEcho && noEcho === undefined) noEcho = readSmall(cursor) ?? wrong;
    else return undefined;
  }
  if (group === undefined || payload === undefined || ackId === wrong || noEcho === wrong) return undefined;
  if (!isGroupName(group, groupNameCharsMax)) return undefined;
  return {
    type: "sendToGroup",
    group,
    ackId: ackId?.toString(),
    noEcho: noEcho !== undefined && noEcho !== 0,
    ttlSeconds: undefined,
    payload,
  };
}

/** No number of 32 bits. */
const wrong = -1;

function readAscii(cursor: Cursor): string | undefined {
  const { bytes } = cursor;
  const end = readEnd(cursor);
  if (end === undefined) return undefined;
  const start = cursor.at;
  for (; cursor.at < end; cursor.at++) {
    if ((bytes[cursor.at] ?? 0x80) >= 0x80) return undefined;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

function readData(cursor: Cursor): Payload | undefined {
  const end = readEnd(cursor);
  const tag = cursor.bytes[cursor.at++];
  if (end === undefined || readEnd(cursor) !== end) return undefined;
  const value = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  if (tag === data.binary) return { dataType: "binary", bytes: ownBytes(value) };
  return tag === data.text && isUtf8(value) ? { dataType: "text", bytes: ownBytes(value) } : undefined;
}

/** Where what has its length here ends. */
function readEnd(cursor: Cursor): number | undefined {
  const length = readSmall(cursor);
  const end = length === undefined ? undefined : cursor.at + length;
  return end !== undefined && end <= cursor.bytes.length ? end : undefined;
}
