import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { frameBytes } from "../core/message.ts";
import { NumberedFrame } from "../core/numbered-frame.ts";
import type { Frame, Sink } from "../core/ports.ts";

/** Batches up to this size become one buffer; larger ones go out as a vector of parts, uncopied. */
const joinedBytesMax = 64 * 1024;
const closeReasonBytesMax = 123;

/**
 * Turns the frames of one turn into WebSocket bytes. Members of a group mostly get the same batch one after the other, so
 * the last one is kept: they share one buffer. Where only the numbers differ, they are written into it in place.
 */
export class Batcher {
  #frames: readonly Frame[] = [];
  #joined: Buffer | undefined;
  /** Where the heads of numbered frames are; empty when the buffer is the same for everybody. */
  #heads: number[] = [];

  /** One buffer for the whole batch, or undefined when it is too large to be copied. Valid until the next `join`. */
  join(frames: readonly Frame[]): Buffer | undefined {
    const joined = this.#joined;
    if (joined === undefined || !this.#fits(frames)) return this.#start(frames);
    this.#writeHeads(frames, joined);
    return joined;
  }

  /** The last buffer is still to be sent: it must not be written into any more. */
  taken(): void {
    if (this.#heads.length > 0) this.#joined = undefined;
  }

  /** Whether the batch differs from the last one in its numbers at most. */
  #fits(frames: readonly Frame[]): boolean {
    const last = this.#frames;
    if (frames === last) return true;
    if (frames.length !== last.length) return false;
    for (let i = 0; i < frames.length; i++) {
      const [frame, before] = [frames[i], last[i]];
      if (frame === before) continue;
      if (!(frame instanceof NumberedFrame && before instanceof NumberedFrame)) return false;
      if (frame.shared !== before.shared || frame.headBytes !== before.headBytes) return false;
    }
    return true;
  }

  #start(frames: readonly Frame[]): Buffer | undefined {
    const bytes = frames.reduce((sum, frame) => sum + headerBytes(frameBytes(frame)) + frameBytes(frame), 0);
    if (bytes > joinedBytesMax) return undefined;
    const joined = Buffer.allocUnsafe(bytes);
    this.#heads = [];
    let at = 0;
    for (const frame of frames) {
      at += frameHeader(frameBytes(frame), frame.binary).copy(joined, at);
      if (frame instanceof NumberedFrame) {
        this.#heads.push(at);
        frame.writeHead(joined, at);
        at += frame.headBytes;
      } else if (frame.head !== undefined) {
        joined.set(frame.head, at);
        at += frame.head.length;
      }
      joined.set(frame.body, at);
      at += frame.body.length;
    }
    this.#frames = frames;
    this.#joined = joined;
    return joined;
  }

  #writeHeads(frames: readonly Frame[], joined: Buffer): void {
    const heads = this.#heads;
    if (heads.length === 0) return;
    let next = 0;
    for (const frame of frames) {
      if (frame instanceof NumberedFrame) frame.rewriteHead(joined, heads[next++] ?? 0);
    }
  }
}

/** Header, then what the codec wrote. Servers do not mask; deflate is off, so a frame is always whole. */
function wireParts(frame: Frame): readonly Uint8Array[] {
  const header = frameHeader(frameBytes(frame), frame.binary);
  return frame.head === undefined ? [header, frame.body] : [header, frame.head, frame.body];
}

function headerBytes(bytes: number): number {
  if (bytes < 126) return 2;
  return bytes < 65_536 ? 4 : 10;
}

export function frameHeader(bytes: number, binary: boolean): Buffer {
  const opcode = binary ? 0x82 : 0x81;
  const header = Buffer.allocUnsafe(headerBytes(bytes));
  header[0] = opcode;
  if (bytes < 126) {
    header[1] = bytes;
  } else if (bytes < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(bytes, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(bytes), 2);
  }
  return header;
}

/**
 * The outgoing half of one WebSocket. Data goes straight to the socket: `ws` writes its own control frames whole and in
 * order on the same socket, so the two never mix.
 */
export class SocketSink implements Sink {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #batcher: Batcher;

  constructor(ws: WebSocket, socket: Duplex, batcher: Batcher) {
    this.#ws = ws;
    this.#socket = socket;
    this.#batcher = batcher;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  write(frames: readonly Frame[]): void {
    if (this.#ws.readyState !== this.#ws.OPEN || !this.#socket.writable) return;
    const joined = this.#batcher.join(frames);
    if (joined !== undefined) {
      this.#socket.write(joined);
      if (this.#socket.writableLength > 0) this.#batcher.taken();
      return;
    }
    this.#socket.cork();
    for (const part of frames.flatMap(wireParts)) this.#socket.write(part);
    this.#socket.uncork();
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, truncate(reason, closeReasonBytesMax));
  }

  abort(): void {
    this.#ws.terminate();
  }
}

/** The longest start of `text` that fits, never ending inside a character. */
function truncate(text: string, bytesMax: number): string {
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character, "utf8");
    if (bytes > bytesMax) break;
    kept += character;
  }
  return kept;
}
