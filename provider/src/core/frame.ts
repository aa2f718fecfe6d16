import * as encoding from "lib0/encoding";
import { unreachable } from "./assert.ts";
import { BoundedReader } from "./bounded-reader.ts";
import { certificateFields } from "./certificate.ts";
import { crc32 } from "./crc32.ts";
import type { Frame, FrameKind, PeerFrame, ServerFrame, SignedFrame } from "./frame-kinds.ts";
import { syncLimits } from "./limits.ts";
import type { ChunkPlace } from "./live-edit.ts";
import { noticeFields, readNotice, writeNotice } from "./notice.ts";
import type { Cursor, Decoded, SessionId } from "./ports.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

export type {
  CardFrame,
  EditFrame,
  Frame,
  FrameKind,
  PeerFrame,
  ServerFrame,
  SignedFrame,
} from "./frame-kinds.ts";

const version = 1;
const checksumBytes = 4;
const codes = {
  edit: 1,
  tail: 2,
  pointer: 3,
  server: 4,
  signed: 5,
  chunk: 6,
  hello: 16,
  presence: 17,
  bye: 18,
  ask: 19,
  broadcast: 20,
  card: 22,
  roster: 23,
  receipt: 24,
} as const satisfies Record<FrameKind, number>;
/** ID8: a signed frame in `p`. */
const signedInPresence = 21;
const rosterCardsMax = 64;
const cursorBytesMax = 256;

/** ID3: the groups a kind belongs to. */
export function belongsTo(frame: Frame, group: "data" | "presence"): boolean {
  if (frame.kind === "server") return true;
  return group === (codes[innermost(frame).kind] < codes.hello ? "data" : "presence");
}

/** What a member says, signed or not. */
export function innermost(frame: PeerFrame | SignedFrame): PeerFrame {
  return frame.kind === "signed" ? frame.inner : frame;
}

export function encodeFrame(frame: Frame): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, version);
  encoding.writeUint8(encoder, codeOf(frame));
  writeBody(encoder, frame);
  const sum = crc32(encoding.toUint8Array(encoder));
  encoding.writeUint32(encoder, sum);
  return encoding.toUint8Array(encoder);
}

function codeOf(frame: Frame): number {
  return frame.kind === "signed" && belongsTo(frame, "presence") ? signedInPresence : codes[frame.kind];
}

function writeBody(encoder: encoding.Encoder, frame: Frame): void {
  if (frame.kind === "server") {
    writeNotice(encoder, frame);
    encoding.writeUint8Array(encoder, frame.signature);
    return;
  }
  if (frame.kind === "signed") {
    writeNumbers(encoder, [frame.counter]);
    encoding.writeUint8(encoder, codes[frame.inner.kind]);
    const inner = encoding.createEncoder();
    writeBody(inner, frame.inner);
    encoding.writeVarUint8Array(encoder, encoding.toUint8Array(inner));
    encoding.writeUint8Array(encoder, frame.signature);
    return;
  }
  encoding.writeUint8Array(encoder, sessionToBytes(frame.session));
  switch (frame.kind) {
    case "edit":
      writeNumbers(encoder, [frame.seqFrom, frame.seqTo]);
      encoding.writeVarUint8Array(encoder, frame.update);
      encoding.writeVarUint8Array(encoder, frame.awareness);
      return;
    case "tail":
      writeNumbers(encoder, [frame.seq]);
      return;
    case "pointer":
      writeNumbers(encoder, [frame.seqFrom, frame.seqTo, frame.upload]);
      encoding.writeUint8Array(encoder, frame.hash);
      return;
    case "chunk":
      writeNumbers(encoder, [frame.seqFrom, frame.seqTo, frame.index, frame.count]);
      encoding.writeVarUint8Array(encoder, frame.update);
      return;
    case "receipt":
      writeNumbers(encoder, [frame.upload]);
      encoding.writeUint8Array(encoder, frame.hash);
      encoding.writeVarString(encoder, frame.cursor);
      writeNumbers(encoder, [frame.seqTo]);
      encoding.writeUint8Array(encoder, frame.signature);
      return;
    case "hello":
      writeNumbers(encoder, [frame.round, frame.clientIds.length, ...frame.clientIds]);
      return;
    case "presence":
      writeNumbers(encoder, [frame.clientIds.length, ...frame.clientIds]);
      encoding.writeVarUint8Array(encoder, frame.awareness);
      return;
    case "card":
      encoding.writeVarUint8Array(encoder, frame.certificate);
      writeNumbers(encoder, [frame.clientIds.length, ...frame.clientIds]);
      encoding.writeVarUint8Array(encoder, frame.awareness);
      return;
    case "roster":
      writeNumbers(encoder, [frame.cards.length]);
      for (const card of frame.cards) encoding.writeVarUint8Array(encoder, card);
      return;
    case "bye":
      return;
    case "ask":
      encoding.writeUint8Array(encoder, sessionToBytes(frame.wanted));
      writeNumbers(encoder, [frame.seqFrom, frame.seqTo]);
      return;
    case "broadcast":
      writeNumbers(encoder, [frame.number]);
      encoding.writeVarUint8Array(encoder, frame.bytes);
      return;
    default:
      throw unreachable(frame);
  }
}

function writeNumbers(encoder: encoding.Encoder, numbers: readonly number[]): void {
  for (const number of numbers) encoding.writeVarUint(encoder, number);
}

/** Never throws. Byte fields are copies: nobody else changes or keeps what the transport handed out. */
export function decodeFrame(bytes: Uint8Array): Decoded<Frame> {
  if (bytes.length < 2 + checksumBytes) return { ok: false, problem: "frame-too-short" };
  const end = bytes.length - checksumBytes;
  const reader = new BoundedReader(bytes.slice(0, end));
  if (reader.uint8() !== version) return { ok: false, problem: "unknown-version" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(end, true) !== crc32(bytes.subarray(0, end))) return { ok: false, problem: "bad-checksum" };
  const code = reader.uint8();
  const frame = code === codes.signed || code === signedInPresence ? readSigned(reader, code) : readBody(reader, code);
  if (frame === null) return { ok: false, problem: "unknown-kind" };
  reader.end();
  return reader.problem === null ? { ok: true, value: frame } : { ok: false, problem: reader.problem };
}

function readSigned(reader: BoundedReader, code: number): SignedFrame | null {
  const counter = reader.varUint();
  const innerCode = reader.uint8();
  const body = new BoundedReader(reader.varBytes());
  const inner = readBody(body, innerCode);
  body.end();
  if (inner === null) return null;
  const { problem } = body;
  if (problem !== null) reader.fail(problem);
  const signature = reader.bytes(noticeFields.signatureBytes);
  if (inner.kind === "server") {
    reader.fail("nested-frame");
    return null;
  }
  if ((code === codes.signed) !== belongsTo(inner, "data")) reader.fail("nested-frame");
  return { kind: "signed", counter, inner, signature };
}

function readBody(reader: BoundedReader, code: number): PeerFrame | ServerFrame | null {
  switch (code) {
    case codes.edit:
      return {
        kind: "edit",
        session: readSession(reader),
        ...readSeqs(reader),
        update: reader.varBytes(),
        awareness: reader.varBytes(),
      };
    case codes.tail:
      return { kind: "tail", session: readSession(reader), seq: reader.varUint() };
    case codes.pointer:
      return {
        kind: "pointer",
        session: readSession(reader),
        ...readSeqs(reader),
        upload: reader.varUint(),
        hash: reader.bytes(noticeFields.hashBytes),
      };
    case codes.chunk:
      return {
        kind: "chunk",
        session: readSession(reader),
        ...readSeqs(reader),
        ...readPlace(reader),
        update: reader.varBytes(),
      };
    case codes.receipt:
      return {
        kind: "receipt",
        session: readSession(reader),
        upload: reader.varUint(),
        hash: reader.bytes(noticeFields.hashBytes),
        cursor: reader.varString(cursorBytesMax) as Cursor,
        seqTo: reader.varUint(),
        signature: reader.bytes(noticeFields.signatureBytes),
      };
    case codes.server:
      return { kind: "server", ...readNotice(reader), signature: reader.bytes(noticeFields.signatureBytes) };
    case codes.hello:
      return {
        kind: "hello",
        session: readSession(reader),
        round: reader.varUint(),
        clientIds: readClientIds(reader),
      };
    case codes.presence:
      return {
        kind: "presence",
        session: readSession(reader),
        clientIds: readClientIds(reader),
        awareness: reader.varBytes(),
      };
    case codes.card:
      return {
        kind: "card",
        session: readSession(reader),
        certificate: reader.varBytes(certificateFields.bytesMax),
        clientIds: readClientIds(reader),
        awareness: reader.varBytes(),
      };
    case codes.roster:
      return { kind: "roster", session: readSession(reader), cards: readCards(reader) };
    case codes.bye:
      return { kind: "bye", session: readSession(reader) };
    case codes.ask:
      return { kind: "ask", session: readSession(reader), wanted: readSession(reader), ...readSeqs(reader) };
    case codes.broadcast:
      return {
        kind: "broadcast",
        session: readSession(reader),
        number: reader.varUint(),
        bytes: reader.varBytes(),
      };
    default:
      return null;
  }
}

function readSession(reader: BoundedReader): SessionId {
  return sessionFromBytes(reader.bytes(noticeFields.sessionBytes));
}

function readSeqs(reader: BoundedReader): { readonly seqFrom: number; readonly seqTo: number } {
  const seqFrom = reader.varUint();
  const seqTo = reader.varUint();
  if (seqFrom < 1 || seqTo < seqFrom) reader.fail("bad-sequence");
  return { seqFrom, seqTo };
}

function readPlace(reader: BoundedReader): ChunkPlace {
  const index = reader.varUint();
  const count = reader.varUint();
  if (count < 1 || count > syncLimits.chunksMax || index >= count) reader.fail("bad-chunk");
  return { index, count };
}

function readCards(reader: BoundedReader): readonly Uint8Array[] {
  const count = reader.count(1);
  if (count > rosterCardsMax) reader.fail("too-many-cards");
  const cards: Uint8Array[] = [];
  for (let at = 0; at < count && reader.ok; at++) cards.push(reader.varBytes());
  return cards;
}

function readClientIds(reader: BoundedReader): readonly number[] {
  const count = reader.count(1);
  if (count > syncLimits.announcedMax) reader.fail("too-many-clients");
  const clientIds: number[] = [];
  for (let at = 0; at < count && reader.ok; at++) clientIds.push(reader.varUint());
  return clientIds;
}
