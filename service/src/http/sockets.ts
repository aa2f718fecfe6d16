import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { Inlet } from "../core/link.ts";
import type { Sink } from "../core/ports.ts";
import { Line, type LineHost } from "./line.ts";

/**
 * A WebSocket that hears its own events instead of having listeners: there are as many as connections, and each listener
 * of each one is memory that nobody needs.
 */
export class TiedSocket extends WebSocket {
  /** Pings since anything was heard. */
  unanswered = 0;
  line: Line | undefined;
  home: Set<TiedSocket> | undefined;

  override emit(event: string | symbol, ...parts: readonly unknown[]): boolean {
    switch (event) {
      case "message":
        this.#received(parts[0], parts[1] === true);
        return true;
      case "pong":
        this.unanswered = 0;
        return true;
      case "error":
        this.#failed(parts[0]);
        return true;
      case "close":
        this.home?.delete(this);
        this.line?.ended();
        this.line?.link?.closed(Number(parts[0]));
        return super.emit(event, ...parts);
      default:
        return super.emit(event, ...parts);
    }
  }

  /** One Buffer: `binaryType` is left as it is. */
  #received(data: unknown, isBinary: boolean): void {
    this.unanswered = 0;
    if (Buffer.isBuffer(data)) this.line?.receive(isBinary ? data : data.toString("utf8"), data.length);
  }

  /** The bytes were no WebSocket frame, or too many: `ws` has sent the close code by itself. */
  #failed(error: unknown): void {
    const tooLong = error instanceof Error && "code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    this.line?.link?.failed(tooLong ? 1009 : 1002, error instanceof Error ? error.message : String(error));
  }
}

/** One answer may be late when the process itself was busy; two are not. */
const unansweredMax = 2;

/** Every open WebSocket: ties each to its link, pings all, and ends those that went silent. */
export class Sockets {
  readonly #open: Set<TiedSocket> = new Set();
  #beat: NodeJS.Timeout;
  readonly #lines: LineHost;

  /** A ping each interval; a socket that answered none of the last two is ended. `lines` is what goes between sockets and hubs. */
  constructor(keepAliveMs: number, lines: LineHost) {
    this.#lines = lines;
    this.#beat = this.#beatEvery(keepAliveMs);
  }

  /** From now on at this pace. */
  pingEvery(keepAliveMs: number): void {
    clearInterval(this.#beat);
    this.#beat = this.#beatEvery(keepAliveMs);
  }

  /** `open` makes the link, or refuses by closing the sink. */
  accept(ws: TiedSocket, socket: Duplex, open: (sink: Sink) => Inlet | undefined): void {
    const line = new Line(this.#lines, ws, socket);
    this.#open.add(ws);
    ws.line = line;
    ws.home = this.#open;
    line.tie(open(line));
  }

  /** Ends the transport of a connection as a broken network would. False if it has none. */
  cut(connectionId: string): boolean {
    for (const ws of this.#open) {
      if (ws.line?.link?.connection?.id !== connectionId) continue;
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
