import * as encoding from "lib0/encoding";
import { BoundedReader, type Claim, type Cursor, type SessionId, type UserId, unreachable } from "y-webpubsub/core";
import type { DocumentBackup, NewChunk, Version, VersionId } from "../core/document-history.ts";
import type { NewSnapshot, SessionRow } from "../core/document-store.ts";

/** docs/history.md, Backups. What follows the first line: `kind u8 · length u32 (little endian) · body`, `end` last. */
export const firstLine = "y-webpubsub-backup 1\n";
export const recordHeadBytes = 5;
export const hashBytes = 32;

export type BackupRecord =
  | { readonly kind: "document"; readonly document: string; readonly generation: number; readonly head: Cursor }
  | { readonly kind: "snapshot"; readonly snapshot: NewSnapshot }
  | { readonly kind: "claims"; readonly claims: DocumentBackup["claims"] }
  | { readonly kind: "sessions"; readonly sessions: DocumentBackup["sessions"] }
  | { readonly kind: "chunk"; readonly chunk: NewChunk }
  | { readonly kind: "version"; readonly version: Version }
  /** SHA-256 of every byte before this record. */
  | { readonly kind: "end"; readonly hash: Uint8Array };

const codes = { document: 1, snapshot: 2, claims: 3, sessions: 4, chunk: 5, version: 6, end: 7 } as const;
const chunkKinds = ["entries", "keyframe"] as const;
const versionKinds = ["named", "automatic", "restore"] as const;

export function encodeRecord(record: BackupRecord): Uint8Array {
  const body = encoding.createEncoder();
  write(body, record);
  const bytes = encoding.toUint8Array(body);
  const framed = new Uint8Array(recordHeadBytes + bytes.length);
  framed[0] = codes[record.kind];
  new DataView(framed.buffer).setUint32(1, bytes.length, true);
  framed.set(bytes, recordHeadBytes);
  return framed;
}

/** Null: it cannot be read. */
export function decodeRecord(code: number, body: Uint8Array): BackupRecord | null {
  const reader = new BoundedReader(body);
  const record = read(reader, code);
  reader.end();
  return reader.ok ? record : null;
}

function write(encoder: encoding.Encoder, record: BackupRecord): void {
  switch (record.kind) {
    case "document":
      encoding.writeVarString(encoder, record.document);
      encoding.writeVarUint(encoder, record.generation);
      encoding.writeVarString(encoder, record.head);
      return;
    case "snapshot": {
      const { cursor, hash, coverage, payload, claims, sessions } = record.snapshot;
      encoding.writeVarString(encoder, cursor);
      for (const bytes of [hash, coverage, payload]) encoding.writeVarUint8Array(encoder, bytes);
      writeList(encoder, claims, writeClaim);
      writeList(encoder, sessions, writeSession);
      return;
    }
    case "claims":
      writeList(encoder, record.claims, writeClaim);
      return;
    case "sessions":
      writeList(encoder, record.sessions, writeSession);
      return;
    case "chunk":
      writeChunk(encoder, record.chunk);
      return;
    case "version":
      writeVersion(encoder, record.version);
      return;
    case "end":
      encoding.writeUint8Array(encoder, record.hash);
      return;
    default:
      throw unreachable(record);
  }
}

function read(reader: BoundedReader, code: number): BackupRecord | null {
  switch (code) {
    case codes.document:
      return {
        kind: "document",
        document: reader.varString(),
        generation: reader.varUint(),
        head: reader.varString() as Cursor,
      };
    case codes.snapshot:
      return { kind: "snapshot", snapshot: readSnapshot(reader) };
    case codes.claims:
      return { kind: "claims", claims: readList(reader, 2, readClaim) };
    case codes.sessions:
      return { kind: "sessions", sessions: readList(reader, 7, readSession) };
    case codes.chunk:
      return { kind: "chunk", chunk: readChunk(reader) };
    case codes.version:
      return { kind: "version", version: readVersion(reader) };
    case codes.end:
      return { kind: "end", hash: reader.bytes(hashBytes) };
    default:
      reader.fail("unknown-record");
      return null;
  }
}

function readSnapshot(reader: BoundedReader): NewSnapshot {
  return {
    cursor: reader.varString() as Cursor,
    hash: reader.varBytes(),
    coverage: reader.varBytes(),
    payload: reader.varBytes(),
    claims: readList(reader, 2, readClaim),
    sessions: readList(reader, 7, readSession),
  };
}

function writeChunk(encoder: encoding.Encoder, chunk: NewChunk): void {
  encoding.writeUint8(encoder, chunkKinds.indexOf(chunk.kind));
  for (const cursor of [chunk.after, chunk.to]) encoding.writeVarString(encoder, cursor);
  for (const number of [chunk.generation, chunk.fromMs, chunk.toMs, chunk.entries]) writeNumber(encoder, number);
  for (const bytes of [chunk.hash, chunk.payload]) encoding.writeVarUint8Array(encoder, bytes);
}

function readChunk(reader: BoundedReader): NewChunk {
  const kind = oneOf(reader, chunkKinds);
  const [after, to] = [reader.varString() as Cursor, reader.varString() as Cursor];
  const [generation, fromMs, toMs, entries] = [reader.varUint(), reader.varUint(), reader.varUint(), reader.varUint()];
  return { kind, after, to, generation, fromMs, toMs, entries, hash: reader.varBytes(), payload: reader.varBytes() };
}

function writeVersion(encoder: encoding.Encoder, version: Version): void {
  encoding.writeUint8(encoder, versionKinds.indexOf(version.kind));
  for (const text of [version.id, version.cursor]) encoding.writeVarString(encoder, text);
  for (const number of [version.generation, version.atMs]) writeNumber(encoder, number);
  for (const text of [version.label, version.userId]) {
    encoding.writeUint8(encoder, text === null ? 0 : 1);
    encoding.writeVarString(encoder, text ?? "");
  }
}

function readVersion(reader: BoundedReader): Version {
  const kind = oneOf(reader, versionKinds);
  const [id, cursor] = [reader.varString() as VersionId, reader.varString() as Cursor];
  const [generation, atMs] = [reader.varUint(), reader.varUint()];
  const [label, userId] = [readText(reader), readText(reader)];
  return { kind, id, cursor, generation, atMs, label, userId: userId as UserId | null };
}

function writeSession(encoder: encoding.Encoder, row: SessionRow): void {
  for (const text of [row.session, row.userId, row.cursor]) encoding.writeVarString(encoder, text);
  for (const number of [row.upload, row.seqTo, row.atMs]) writeNumber(encoder, number);
  encoding.writeVarUint8Array(encoder, row.hash);
}

function readSession(reader: BoundedReader): SessionRow {
  const [session, userId] = [reader.varString() as SessionId, reader.varString() as UserId];
  const cursor = reader.varString() as Cursor;
  const [upload, seqTo, atMs] = [reader.varUint(), reader.varUint(), reader.varUint()];
  return { session, userId, cursor, upload, seqTo, atMs, hash: reader.varBytes() };
}

function writeClaim(encoder: encoding.Encoder, { client, userId }: Claim): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarString(encoder, userId);
}

function readClaim(reader: BoundedReader): Claim {
  return { client: reader.varUint(), userId: reader.varString() as UserId };
}

function readText(reader: BoundedReader): string | null {
  const isThere = reader.uint8() === 1;
  const text = reader.varString();
  return isThere ? text : null;
}

function writeNumber(encoder: encoding.Encoder, number: number): void {
  encoding.writeVarUint(encoder, Math.max(0, Math.round(number)));
}

function oneOf<T>(reader: BoundedReader, names: readonly [T, ...T[]]): T {
  const found = names[reader.uint8()];
  if (found === undefined) reader.fail("unknown-kind");
  return found ?? names[0];
}

function writeList<T>(
  encoder: encoding.Encoder,
  items: readonly T[],
  writeItem: (encoder: encoding.Encoder, item: T) => void,
): void {
  encoding.writeVarUint(encoder, items.length);
  for (const item of items) writeItem(encoder, item);
}

function readList<T>(reader: BoundedReader, itemBytesMin: number, readItem: (reader: BoundedReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(itemBytesMin); left > 0 && reader.ok; left--) items.push(readItem(reader));
  return items;
}
