import * as encoding from "lib0/encoding";
import { BoundedReader } from "./bounded-reader.ts";
import { certificateFields } from "./certificate.ts";
import type {
  AuthorProof,
  Claim,
  Cursor,
  Decoded,
  LogEntry,
  LogPage,
  Neighbour,
  SnapshotBody,
  StoredSession,
  UploadBatch,
  UserId,
} from "./ports.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

/** Binary HTTP bodies (docs/protocol.md, HTTP). Decoders never throw; byte fields are views into the body, not copies. */

const version = 1;
const codecYjsV2 = 2;
const sessionBytes = 12;
const hashBytes = 32;
const cursorBytesMax = 256;
const userIdBytesMax = 1024;
const flags = { announce: 1, adoption: 2, proof: 4, live: 8, neighbours: 16 } as const;
const flagNames = ["announce", "adoption", "proof", "live", "neighbours"] as const;

export function encodeUpload(batch: UploadBatch): Uint8Array {
  return encode((encoder) => {
    writeSession(encoder, batch.session);
    encoding.writeVarUint(encoder, batch.upload);
    encoding.writeVarUint(encoder, batch.seqTo);
    const { announce, adoption, proof, seqFrom, neighbours } = batch;
    const named = { announce, adoption, proof: proof !== undefined, live: seqFrom !== undefined };
    encoding.writeUint8(encoder, flagsOf({ ...named, neighbours: neighbours !== undefined }));
    encoding.writeVarUint8Array(encoder, batch.update);
    if (proof !== undefined) writeProof(encoder, proof);
    if (seqFrom !== undefined) encoding.writeVarUint(encoder, seqFrom);
    if (neighbours !== undefined) writeList(encoder, neighbours, writeNeighbour);
  });
}

export function decodeUpload(bytes: Uint8Array): Decoded<UploadBatch> {
  return decode(bytes, (reader) => {
    const session = readSession(reader);
    const upload = reader.varUint();
    const seqTo = reader.varUint();
    const set = reader.uint8();
    if (set >= 2 * flags.neighbours) reader.fail("unknown-flags");
    return {
      session,
      upload,
      seqTo,
      announce: (set & flags.announce) !== 0,
      adoption: (set & flags.adoption) !== 0,
      update: reader.varBytes(),
      ...((set & flags.proof) === 0 ? {} : { proof: readProof(reader) }),
      ...((set & flags.live) === 0 ? {} : { seqFrom: readSeqFrom(reader, seqTo) }),
      ...((set & flags.neighbours) === 0 ? {} : { neighbours: readList(reader, readNeighbour) }),
    };
  });
}

function flagsOf(set: Readonly<Record<keyof typeof flags, boolean>>): number {
  let bits = 0;
  for (const name of flagNames) if (set[name]) bits |= flags[name];
  return bits;
}

function readSeqFrom(reader: BoundedReader, seqTo: number): number {
  const seqFrom = reader.varUint();
  if (seqFrom < 1 || seqFrom > seqTo) reader.fail("bad-sequence");
  return seqFrom;
}

export function encodeLogPage(page: LogPage): Uint8Array {
  return encode((encoder) => {
    encoding.writeVarUint(encoder, page.generation);
    encoding.writeVarString(encoder, page.head);
    encoding.writeVarString(encoder, page.next);
    encoding.writeUint8(encoder, page.more ? 1 : 0);
    writeList(encoder, page.entries, writeEntry);
    writeList(encoder, page.sessions, writeStoredSession);
  });
}

export function decodeLogPage(bytes: Uint8Array): Decoded<LogPage> {
  return decode(bytes, (reader) => ({
    generation: reader.varUint(),
    head: readCursor(reader),
    next: readCursor(reader),
    more: reader.uint8() === 1,
    entries: readList(reader, readEntry),
    sessions: readList(reader, readStoredSession),
  }));
}

export function encodeSnapshot(body: SnapshotBody): Uint8Array {
  return encode((encoder) => {
    encoding.writeVarUint(encoder, body.generation);
    encoding.writeVarString(encoder, body.cursor);
    encoding.writeUint8(encoder, codecYjsV2);
    encoding.writeUint8Array(encoder, body.hash);
    encoding.writeVarUint8Array(encoder, body.coverage);
    writeList(encoder, body.claims, writeClaim);
    writeList(encoder, body.sessions, writeStoredSession);
    encoding.writeVarUint8Array(encoder, body.payload);
  });
}

export function decodeSnapshot(bytes: Uint8Array): Decoded<SnapshotBody> {
  return decode(bytes, (reader) => {
    const generation = reader.varUint();
    const cursor = readCursor(reader);
    if (reader.uint8() !== codecYjsV2) reader.fail("unknown-codec");
    return {
      generation,
      cursor,
      hash: reader.bytes(hashBytes),
      coverage: reader.varBytes(),
      claims: readList(reader, readClaim),
      sessions: readList(reader, readStoredSession),
      payload: reader.varBytes(),
    };
  });
}

function encode(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, version);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

function decode<T>(bytes: Uint8Array, read: (reader: BoundedReader) => T): Decoded<T> {
  const reader = new BoundedReader(bytes);
  if (reader.uint8() !== version) reader.fail("unknown-version");
  const value = read(reader);
  reader.end();
  return reader.problem === null ? { ok: true, value } : { ok: false, problem: reader.problem };
}

function writeProof(encoder: encoding.Encoder, proof: AuthorProof): void {
  encoding.writeVarUint8Array(encoder, proof.certificate);
  writeSession(encoder, proof.session);
  for (const number of [proof.counter, proof.seqFrom, proof.seqTo]) encoding.writeVarUint(encoder, number);
  encoding.writeUint8Array(encoder, proof.awarenessHash);
  encoding.writeUint8Array(encoder, proof.signature);
}

function readProof(reader: BoundedReader): AuthorProof {
  return {
    certificate: reader.varBytes(certificateFields.bytesMax),
    session: readSession(reader),
    counter: reader.varUint(),
    seqFrom: reader.varUint(),
    seqTo: reader.varUint(),
    awarenessHash: reader.bytes(hashBytes),
    signature: reader.bytes(64),
  };
}

function writeEntry(encoder: encoding.Encoder, entry: LogEntry): void {
  encoding.writeVarString(encoder, entry.cursor);
  writeSession(encoder, entry.session);
  encoding.writeVarString(encoder, entry.userId);
  encoding.writeVarUint(encoder, entry.upload);
  encoding.writeVarUint(encoder, entry.seqTo);
  writeList(encoder, entry.owners, writeClaim);
  encoding.writeVarUint8Array(encoder, entry.update);
}

function readEntry(reader: BoundedReader): LogEntry {
  return {
    cursor: readCursor(reader),
    session: readSession(reader),
    userId: readUserId(reader),
    upload: reader.varUint(),
    seqTo: reader.varUint(),
    owners: readList(reader, readClaim),
    update: reader.varBytes(),
  };
}

function writeClaim(encoder: encoding.Encoder, claim: Claim): void {
  encoding.writeVarUint(encoder, claim.client);
  encoding.writeVarString(encoder, claim.userId);
}

function readClaim(reader: BoundedReader): Claim {
  return { client: reader.varUint(), userId: readUserId(reader) };
}

function writeNeighbour(encoder: encoding.Encoder, { client, session }: Neighbour): void {
  encoding.writeVarUint(encoder, client);
  writeSession(encoder, session);
}

function readNeighbour(reader: BoundedReader): Neighbour {
  return { client: reader.varUint(), session: readSession(reader) };
}

function writeStoredSession(encoder: encoding.Encoder, stored: StoredSession): void {
  writeSession(encoder, stored.session);
  encoding.writeVarUint(encoder, stored.seq);
}

function readStoredSession(reader: BoundedReader): StoredSession {
  return { session: readSession(reader), seq: reader.varUint() };
}

function writeSession(encoder: encoding.Encoder, session: UploadBatch["session"]): void {
  encoding.writeUint8Array(encoder, sessionToBytes(session));
}

function readSession(reader: BoundedReader): UploadBatch["session"] {
  return sessionFromBytes(reader.bytes(sessionBytes));
}

function readCursor(reader: BoundedReader): Cursor {
  return reader.varString(cursorBytesMax) as Cursor;
}

function readUserId(reader: BoundedReader): UserId {
  return reader.varString(userIdBytesMax) as UserId;
}

function writeList<T>(
  encoder: encoding.Encoder,
  list: readonly T[],
  write: (encoder: encoding.Encoder, item: T) => void,
): void {
  encoding.writeVarUint(encoder, list.length);
  for (const item of list) write(encoder, item);
}

/** Two bytes are the least any of these elements takes; a problem ends the loop. */
function readList<T>(reader: BoundedReader, read: (reader: BoundedReader) => T): T[] {
  const list: T[] = [];
  for (let left = reader.count(2); left > 0 && reader.ok; left--) list.push(read(reader));
  return list;
}
