import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { frameBytes } from "../core/message.ts";
import type { Frame, Sink } from "../core/ports.ts";

/** Batches up to this size become one buffer; larger ones go out as a vector of parts, uncopied. */
const joinedBytesMax = 64 * 1024;
const closeReasonBytesMax = 123;

/**
 * Turns the frames of one turn into WebSocket bytes. Members of a group mostly get the same batch one after the other,
 * so the last batch is kept: they share one buffer.
 */
export class Batcher {
  #frames: readonly Frame[] = [];
  #joined: Buffer | undefined;

  /** One buffer for the whole batch, or undefined when it is too large to be copied. */
  join(frames: readonly Frame[]): Buffer | undefined {
    if (this.#joined !== undefined && sameFrames(frames, this.#frames)) return this.#joined;
    const parts = frames.flatMap(wireParts);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (bytes > joinedBytesMax) return undefined;
    this.#frames = frames;
    this.#joined = Buffer.concat(parts, bytes);
    return this.#joined;
  }
}

/** Header, then what the codec wrote. Servers do not mask; deflate is off, so a frame is always whole. */
function wireParts(frame: Frame): readonly Uint8Array[] {
  const header = frameHeader(frameBytes(frame), frame.binary);
  return frame.head === undefined ? [header, frame.body] : [header, frame.head, frame.body];
}

export function frameHeader(bytes: number, binary: boolean): Buffer {
  const opcode = binary ? 0x82 : 0x81;
  if (bytes < 126) return Buffer.from([opcode, bytes]);
  const header = Buffer.allocUnsafe(bytes < 65_536 ? 4 : 10);
  header[0] = opcode;
  if (bytes < 65_536) {
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

function sameFrames(a: readonly Frame[], b: readonly Frame[]): boolean {
  return a.length === b.length && a.every((frame, i) => frame === b[i]);
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
