import type { Duplex } from "node:stream";
import { type RawData, WebSocket } from "ws";
import type { Link } from "../core/link.ts";
import type { Sink } from "../core/ports.ts";
import type { Line } from "./line.ts";
import { Batcher, SocketSink } from "./socket-sink.ts";

/**
 * A WebSocket that knows what it is tied to, so that all of them share their listeners: there are as many as connections,
 * and a closure for each event of each one is memory that nobody needs.
 */
export class TiedSocket extends WebSocket {
  /** Pings since anything was heard. */
  unanswered = 0;
  link: Link | undefined;
  line: Line | undefined;
  home: Set<TiedSocket> | undefined;
}

/** One answer may be late when the process itself was busy; two are not. */
const unansweredMax = 2;

/** Every open WebSocket: ties each to its link, pings all, and ends those that went silent. */
export class Sockets {
  readonly #open: Set<TiedSocket> = new Set();
  readonly #batcher: Batcher = new Batcher();
  #beat: NodeJS.Timeout;
  readonly #line: (sink: Sink) => Line;

  /** A ping each interval; a socket that answered none of the last two is ended. `line` goes between socket and hub. */
  constructor(keepAliveMs: number, line: (sink: Sink) => Line) {
    this.#line = line;
    this.#beat = this.#beatEvery(keepAliveMs);
  }

  /** From now on at this pace. */
  pingEvery(keepAliveMs: number): void {
    clearInterval(this.#beat);
    this.#beat = this.#beatEvery(keepAliveMs);
  }

  /** `open` makes the link, or refuses by closing the sink. */
  accept(ws: TiedSocket, socket: Duplex, open: (sink: Sink) => Link | undefined): void {
    const line = this.#line(new SocketSink(ws, socket, this.#batcher));
    this.#open.add(ws);
    ws.line = line;
    ws.home = this.#open;
    ws.on("error", failed);
    ws.on("close", closed);
    ws.on("pong", heard);
    ws.on("message", received);
    socket.on("drain", () => ws.link?.writable());
    ws.link = open(line);
    line.tie(ws.link);
  }

  /** Ends the transport of a connection as a broken network would. False if it has none. */
  cut(connectionId: string): boolean {
    for (const ws of this.#open) {
      if (ws.link?.connectionId !== connectionId) continue;
      ws.terminate();
      return true;
    }
    return false;
  }

  /** Resolves when each socket that is open now is closed. */
  async emptied(): Promise<void> {
    await Promise.all(Array.from(this.#open, (ws) => new Promise((resolve) => ws.once("close", resolve))));
  }

  /** Stops pinging and ends every socket that is still open. */
  end(): void {
    clearInterval(this.#beat);
    for (const ws of this.#open) ws.terminate();
  }

  #beatEvery(keepAliveMs: number): NodeJS.Timeout {
    return setInterval(() => this.#ping(), keepAliveMs).unref();
  }

  #ping(): void {
    for (const ws of this.#open) {
      if (ws.unanswered < unansweredMax) ws.ping();
      else ws.terminate();
      ws.unanswered += 1;
    }
  }
}

function received(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (!(this instanceof TiedSocket)) return;
  this.unanswered = 0;
  // One Buffer: `binaryType` is left as it is.
  if (Buffer.isBuffer(data)) this.line?.receive(isBinary ? data : data.toString("utf8"));
}

function heard(this: WebSocket): void {
  if (this instanceof TiedSocket) this.unanswered = 0;
}

function failed(this: WebSocket, error: Error): void {
  // The bytes were no WebSocket frame, or too many: `ws` has sent the close code by itself.
  const tooLong = "code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
  if (this instanceof TiedSocket) this.link?.failed(tooLong ? 1009 : 1002, error.message);
}

function closed(this: WebSocket, code: number): void {
  if (!(this instanceof TiedSocket)) return;
  this.home?.delete(this);
  this.line?.ended();
  this.link?.closed(code);
}
