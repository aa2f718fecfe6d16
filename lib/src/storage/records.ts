import { crc32 } from "node:zlib";
import * as encoding from "lib0/encoding";
import {
  BoundedReader,
  type Claim,
  type Cursor,
  type SessionId,
  type SnapshotRef,
  type UserId,
} from "y-webpubsub/core";
import {
  type IdleClaim,
  type NewEntry,
  type QuarantineItem,
  type SessionRow,
  type SnapshotInfo,
  type StoredEntry,
  StoreError,
} from "../core/document-store.ts";

/**
 * Every record is `version u8 = 1 · body · CRC-32 of key, version and body (little endian)`, so that a record under the
 * wrong key is found as well. Integers are varUint; bytes, strings and lists have their length in front.
 */
const recordVersion = 1;
const crcBytes = 4;

/** What a document is made of right now. */
export interface HeadRecord {
  /** For people and tools: keys hold only a digest of it. */
  readonly document: string;
  readonly generation: number;
  /** The last one given out; 0 before the first. */
  readonly position: number;
  /** The last number given to a snapshot; 0 before the first. Numbers of failed attempts are not used again. */
  readonly snapshotsMade: number;
  /** The number of the current snapshot, 0 for none. */
  readonly snapshot: number;
  /** The last entry folded into it; empty for none. Entries up to here are gone. */
  readonly foldedTo: Cursor;
  readonly replaced: readonly ReplacedSnapshot[];
}

export interface ReplacedSnapshot {
  readonly number: number;
  readonly atMs: number;
}

/** How one kind of record is written and read back. `decode` throws nothing but a `StoreError` "corrupt". */
export interface RecordCodec<Written, Read = Written> {
  encode(key: string, record: Written): Uint8Array;
  decode(key: string, value: Uint8Array): Read;
}

export function codec<Written, Read = Written>(
  name: string,
  write: (encoder: encoding.Encoder, record: Written) => void,
  read: (reader: BoundedReader) => Read,
): RecordCodec<Written, Read> {
  return {
    encode(key, record) {
      const encoder = encoding.createEncoder();
      encoding.writeUint8(encoder, recordVersion);
      write(encoder, record);
      // Room for the checksum: what is large is not copied once more to get it.
      encoding.writeUint32(encoder, 0);
      return sealed(key, encoding.toUint8Array(encoder));
    },
    decode(key, value) {
      const reader = new BoundedReader(value.subarray(0, Math.max(0, value.length - crcBytes)));
      if (!isIntact(key, value)) reader.fail("checksum");
      if (reader.uint8() !== recordVersion) reader.fail("unknown-version");
      const record = read(reader);
      reader.end();
      if (reader.ok) return record;
      const message = `A stored ${name} cannot be read (${reader.problem}). Restore the document from a backup.`;
      throw new StoreError("corrupt", message);
    },
  };
}

export const headRecord: RecordCodec<HeadRecord> = codec(
  "head",
  (encoder, head) => {
    encoding.writeVarString(encoder, head.document);
    for (const part of [head.generation, head.position, head.snapshotsMade, head.snapshot])
      encoding.writeVarUint(encoder, part);
    encoding.writeVarString(encoder, head.foldedTo);
    writeList(encoder, head.replaced, ({ number, atMs }) => {
      encoding.writeVarUint(encoder, number);
      writeTime(encoder, atMs);
    });
  },
  (reader) => ({
    document: reader.varString(),
    generation: reader.varUint(),
    position: reader.varUint(),
    snapshotsMade: reader.varUint(),
    snapshot: reader.varUint(),
    foldedTo: reader.varString() as Cursor,
    replaced: readList(reader, 2, () => ({ number: reader.varUint(), atMs: reader.varUint() })),
  }),
);

export const entryRecord: RecordCodec<StoredEntry> = codec<StoredEntry>("log entry", writeEntry, readEntry);

export const sessionRecord: RecordCodec<SessionRow> = codec<SessionRow>("session row", writeSession, readSession);

export const claimRecord: RecordCodec<Claim> = codec<Claim>("claim", writeClaim, readClaim);

export const snapshotRecord: RecordCodec<SnapshotInfo> = codec<SnapshotInfo>(
  "snapshot description",
  (encoder, info) => {
    encoding.writeVarString(encoder, info.ref);
    encoding.writeVarString(encoder, info.cursor);
    encoding.writeVarUint8Array(encoder, info.hash);
    encoding.writeVarUint8Array(encoder, info.coverage);
    encoding.writeVarUint(encoder, info.payloadBytes);
    writeList(encoder, info.claims, (claim) => writeClaim(encoder, claim));
    writeList(encoder, info.sessions, (row) => writeSession(encoder, row));
    if (info.idle !== undefined && info.idle.length > 0)
      writeList(encoder, info.idle, (idle) => writeIdle(encoder, idle));
  },
  (reader) => ({
    ref: reader.varString() as SnapshotRef,
    cursor: reader.varString() as Cursor,
    hash: reader.varBytes(),
    coverage: reader.varBytes(),
    payloadBytes: reader.varUint(),
    claims: readList(reader, 2, () => readClaim(reader)),
    sessions: readList(reader, 7, () => readSession(reader)),
    ...(reader.ok && reader.remaining > 0 ? { idle: readList(reader, 2, () => readIdle(reader)) } : {}),
  }),
);

/** Holds whole snapshots: encoded with a single copy, because the event loop waits for it. */
export const bytesRecord: RecordCodec<Uint8Array> = {
  ...codec<Uint8Array>(
    "payload",
    (encoder, bytes) => encoding.writeVarUint8Array(encoder, bytes),
    (reader) => reader.varBytes(),
  ),
  encode(key, bytes) {
    const encoder = encoding.createEncoder();
    encoding.writeUint8(encoder, recordVersion);
    encoding.writeVarUint(encoder, bytes.length);
    const head = encoding.toUint8Array(encoder);
    const value = new Uint8Array(head.length + bytes.length + crcBytes);
    value.set(head);
    value.set(bytes, head.length);
    return sealed(key, value);
  },
};

export const quarantineRecord: RecordCodec<QuarantineItem> = codec<QuarantineItem>(
  "quarantined upload",
  (encoder, item) => {
    encoding.writeVarString(encoder, item.cursor);
    encoding.writeVarString(encoder, item.reason);
    encoding.writeVarString(encoder, item.session);
    encoding.writeVarUint(encoder, item.upload);
    encoding.writeVarUint8Array(encoder, item.hash);
    encoding.writeVarUint8Array(encoder, item.update);
  },
  (reader) => ({
    cursor: reader.varString() as Cursor,
    reason: reader.varString(),
    session: reader.varString() as SessionId,
    upload: reader.varUint(),
    hash: reader.varBytes(),
    update: reader.varBytes(),
  }),
);

/** About how many bytes an entry takes, for the bounds of batches. */
export function sizeOf(entry: NewEntry): number {
  return entry.update.length + 256 + 32 * entry.owners.length;
}

function writeEntry(encoder: encoding.Encoder, entry: StoredEntry): void {
  writeSession(encoder, entry);
  writeList(encoder, entry.owners, (claim) => writeClaim(encoder, claim));
  encoding.writeVarUint8Array(encoder, entry.update);
}

function readEntry(reader: BoundedReader): StoredEntry {
  const row = readSession(reader);
  return { ...row, owners: readList(reader, 2, () => readClaim(reader)), update: reader.varBytes() };
}

function writeSession(encoder: encoding.Encoder, row: SessionRow): void {
  encoding.writeVarString(encoder, row.session);
  encoding.writeVarString(encoder, row.userId);
  encoding.writeVarUint(encoder, row.upload);
  encoding.writeVarUint8Array(encoder, row.hash);
  encoding.writeVarUint(encoder, row.seqTo);
  encoding.writeVarString(encoder, row.cursor);
  writeTime(encoder, row.atMs);
}

function readSession(reader: BoundedReader): SessionRow {
  return {
    session: reader.varString() as SessionId,
    userId: reader.varString() as UserId,
    upload: reader.varUint(),
    hash: reader.varBytes(),
    seqTo: reader.varUint(),
    cursor: reader.varString() as Cursor,
    atMs: reader.varUint(),
  };
}

function writeClaim(encoder: encoding.Encoder, { client, userId }: Claim): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarString(encoder, userId);
}

function readClaim(reader: BoundedReader): Claim {
  return { client: reader.varUint(), userId: reader.varString() as UserId };
}

function writeIdle(encoder: encoding.Encoder, { client, sinceMs }: IdleClaim): void {
  encoding.writeVarUint(encoder, client);
  writeTime(encoder, sinceMs);
}

function readIdle(reader: BoundedReader): IdleClaim {
  return { client: reader.varUint(), sinceMs: reader.varUint() };
}

export function writeTime(encoder: encoding.Encoder, atMs: number): void {
  encoding.writeVarUint(encoder, Math.max(0, Math.round(atMs)));
}

function writeList<T>(encoder: encoding.Encoder, items: readonly T[], write: (item: T) => void): void {
  encoding.writeVarUint(encoder, items.length);
  for (const item of items) write(item);
}

function readList<T>(reader: BoundedReader, itemBytesMin: number, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(itemBytesMin); left > 0 && reader.ok; left--) items.push(read());
  return items;
}

function isIntact(key: string, value: Uint8Array): boolean {
  const bodyBytes = value.length - crcBytes;
  if (bodyBytes < 1) return false;
  const stored = new DataView(value.buffer, value.byteOffset, value.length).getUint32(bodyBytes, true);
  return stored === checksum(key, value.subarray(0, bodyBytes));
}

/** Writes the checksum into the last bytes, and answers the same array. */
function sealed(key: string, value: Uint8Array): Uint8Array {
  const bodyBytes = value.length - crcBytes;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  view.setUint32(bodyBytes, checksum(key, value.subarray(0, bodyBytes)), true);
  return value;
}

function checksum(key: string, body: Uint8Array): number {
  return crc32(body, crc32(key));
}
