import * as encoding from "lib0/encoding";
import { unreachable } from "./assert.ts";
import { BoundedReader } from "./bounded-reader.ts";
import { crc32 } from "./crc32.ts";
import { syncLimits } from "./limits.ts";
import { type Notice, noticeFields, readNotice, writeNotice } from "./notice.ts";
import type { Decoded, SessionId } from "./ports.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

export interface EditFrame {
  readonly kind: "edit";
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  /** Empty: presence did not change. */
  readonly awareness: Uint8Array;
}
export interface PointerFrame {
  readonly kind: "pointer";
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly upload: number;
  readonly hash: Uint8Array;
}
/** ID5. */
export interface ServerFrame extends Notice {
  readonly kind: "server";
  /** Ed25519 over `noticeSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}
export interface PresenceFrame {
  readonly kind: "presence";
  readonly session: SessionId;
  readonly clientIds: readonly number[];
  /** Empty: the answer to a hello of a member without a state. */
  readonly awareness: Uint8Array;
}
export interface AskFrame {
  readonly kind: "ask";
  readonly session: SessionId;
  readonly wanted: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
}
export interface HelloFrame {
  readonly kind: "hello";
  readonly session: SessionId;
  readonly round: number;
  readonly clientIds: readonly number[];
}

/** What members and the server publish into a group (docs/protocol.md, Frames). */
export type Frame = PeerFrame | ServerFrame;
export type PeerFrame =
  | EditFrame
  | { readonly kind: "tail"; readonly session: SessionId; readonly seq: number }
  | PointerFrame
  | HelloFrame
  | PresenceFrame
  | { readonly kind: "bye"; readonly session: SessionId }
  | AskFrame
  | { readonly kind: "broadcast"; readonly session: SessionId; readonly number: number; readonly bytes: Uint8Array };
export type FrameKind = Frame["kind"];

const version = 1;
const checksumBytes = 4;
const codes = {
  edit: 1,
  tail: 2,
  pointer: 3,
  server: 4,
  hello: 16,
  presence: 17,
  bye: 18,
  ask: 19,
  broadcast: 20,
} as const satisfies Record<FrameKind, number>;

/** ID3: the groups a kind belongs to. */
export function belongsTo(kind: FrameKind, group: "data" | "presence"): boolean {
  if (kind === "server") return true;
  return group === (codes[kind] < codes.hello ? "data" : "presence");
}

export function encodeFrame(frame: Frame): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, version);
  encoding.writeUint8(encoder, codes[frame.kind]);
  writeBody(encoder, frame);
  const sum = crc32(encoding.toUint8Array(encoder));
  encoding.writeUint32(encoder, sum);
  return encoding.toUint8Array(encoder);
}

function writeBody(encoder: encoding.Encoder, frame: Frame): void {
  if (frame.kind === "server") {
    writeNotice(encoder, frame);
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
    case "hello":
      writeNumbers(encoder, [frame.round, frame.clientIds.length, ...frame.clientIds]);
      return;
    case "presence":
      writeNumbers(encoder, [frame.clientIds.length, ...frame.clientIds]);
      encoding.writeVarUint8Array(encoder, frame.awareness);
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
  const frame = readBody(reader, reader.uint8());
  if (frame === null) return { ok: false, problem: "unknown-kind" };
  reader.end();
  return reader.problem === null ? { ok: true, value: frame } : { ok: false, problem: reader.problem };
}

function readBody(reader: BoundedReader, code: number): Frame | null {
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

function readClientIds(reader: BoundedReader): readonly number[] {
  const count = reader.count(1);
  if (count > syncLimits.announcedMax) reader.fail("too-many-clients");
  const clientIds: number[] = [];
  for (let at = 0; at < count && reader.ok; at++) clientIds.push(reader.varUint());
  return clientIds;
}
