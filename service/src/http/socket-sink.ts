import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { numbered } from "../core/numbered-frame.ts";
import type { Frame, Sink } from "../core/ports.ts";
import type { Batcher } from "./batcher.ts";
import { wireParts } from "./frame-bytes.ts";

const closeReasonBytesMax = 123;

/**
 * The outgoing half of one WebSocket. Data goes straight to the socket: `ws` writes its own control frames whole and in
 * order on the same socket, so the two never mix.
 */
export abstract class SocketSink implements Sink {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #batcher: Batcher;
  #awaitsDrain = false;

  constructor(ws: WebSocket, socket: Duplex, batcher: Batcher) {
    this.#ws = ws;
    this.#socket = socket;
    this.#batcher = batcher;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  write(frames: readonly Frame[]): void {
    if (!this.#writable) return;
    const joined = this.#batcher.join(frames);
    if (joined === undefined) this.#writeParts(frames);
    else if (!this.#socket.write(joined)) this.#awaitDrain();
  }

  writeNumbered(frames: readonly Frame[], first: number): void {
    if (!this.#writable) return;
    const joined = this.#batcher.joinNumbered(frames, first);
    if (joined === undefined) {
      this.#writeParts(numbered(frames, first));
    } else {
      if (!this.#socket.write(joined)) this.#awaitDrain();
      if (this.#socket.writableLength > 0) this.#batcher.taken();
    }
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, truncate(reason, closeReasonBytesMax));
  }

  abort(): void {
    this.#ws.terminate();
  }

  /** Called when the socket has caught up after it was behind. */
  protected abstract drained(): void;

  get #writable(): boolean {
    return this.#ws.readyState === WebSocket.OPEN && this.#socket.writable;
  }

  #writeParts(frames: readonly Frame[]): void {
    this.#socket.cork();
    for (const part of frames.flatMap(wireParts)) this.#socket.write(part);
    this.#socket.uncork();
    if (this.#socket.writableNeedDrain) this.#awaitDrain();
  }

  /** A listener that is there all the time would be memory for each idle connection. */
  #awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#socket.once("drain", () => {
      this.#awaitsDrain = false;
      this.drained();
    });
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
