import * as encoding from "lib0/encoding";
import { BoundedReader, type Cursor, type Decoded, type UserId } from "y-webpubsub/core";

/** One upload as history keeps it, or several neighbours of one user that were merged. */
export interface KeptEntry {
  /** Of the last one. */
  readonly cursor: Cursor;
  readonly userId: UserId;
  /** Wall clock of the first and the last, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly uploads: number;
  /** Yjs V1. */
  readonly update: Uint8Array;
}

const version = 1;
const cursorBytesMax = 256;
const userIdBytesMax = 1_024;

/** `version u8 = 1 · users · entries`; an entry names its user by index and its times by what passed since the last. */
export function encodeEntries(entries: readonly KeptEntry[]): Uint8Array {
  const users = [...new Set(entries.map(({ userId }) => userId))];
  const indexes = new Map(users.map((userId, index) => [userId, index]));
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, version);
  encoding.writeVarUint(encoder, users.length);
  for (const userId of users) encoding.writeVarString(encoder, userId);
  encoding.writeVarUint(encoder, entries.length);
  let lastMs = 0;
  for (const { cursor, userId, fromMs, toMs, uploads, update } of entries) {
    encoding.writeVarString(encoder, cursor);
    encoding.writeVarUint(encoder, indexes.get(userId) ?? 0);
    // Clocks of several servers: the difference may be negative.
    encoding.writeVarInt(encoder, Math.round(fromMs) - lastMs);
    encoding.writeVarUint(encoder, Math.max(0, Math.round(toMs) - Math.round(fromMs)));
    encoding.writeVarUint(encoder, uploads);
    encoding.writeVarUint8Array(encoder, update);
    lastMs = Math.round(fromMs);
  }
  return encoding.toUint8Array(encoder);
}

export function decodeEntries(bytes: Uint8Array): Decoded<readonly KeptEntry[]> {
  const reader = new BoundedReader(bytes);
  if (reader.uint8() !== version) reader.fail("unknown-version");
  const users: UserId[] = [];
  for (let left = reader.count(1); left > 0 && reader.ok; left--) {
    users.push(reader.varString(userIdBytesMax) as UserId);
  }
  const entries: KeptEntry[] = [];
  let lastMs = 0;
  for (let left = reader.count(6); left > 0 && reader.ok; left--) {
    const cursor = reader.varString(cursorBytesMax) as Cursor;
    const userId = users[reader.varUint()];
    if (userId === undefined) reader.fail("unknown-user");
    const fromMs = lastMs + reader.varInt();
    const toMs = fromMs + reader.varUint();
    const uploads = reader.varUint();
    entries.push({ cursor, userId: userId ?? ("" as UserId), fromMs, toMs, uploads, update: reader.varBytes() });
    lastMs = fromMs;
  }
  reader.end();
  return reader.problem === null ? { ok: true, value: entries } : { ok: false, problem: reader.problem };
}
