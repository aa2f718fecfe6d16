import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Link } from "../core/link.ts";
import type { Sink } from "../core/ports.ts";
import { Batcher, SocketSink } from "./socket-sink.ts";

interface Tracked {
  readonly ws: WebSocket;
  /** Pings since anything was heard. */
  unanswered: number;
  link: Link | undefined;
}

/** One answer may be late when the process itself was busy; two are not. */
const unansweredMax = 2;

/** Every open WebSocket: ties each to its link, pings all, and ends those that went silent. */
export class Sockets {
  readonly #open: Set<Tracked> = new Set();
  readonly #batcher: Batcher = new Batcher();
  readonly #beat: NodeJS.Timeout;

  /** A ping each interval; a socket that answered none of the last two is ended. */
  constructor(keepAliveMs: number) {
    this.#beat = setInterval(() => this.#ping(), keepAliveMs);
    this.#beat.unref();
  }

  /** `open` makes the link, or refuses by closing the sink. */
  accept(ws: WebSocket, socket: Duplex, open: (sink: Sink) => Link | undefined): void {
    const tracked: Tracked = { ws, unanswered: 0, link: undefined };
    this.#open.add(tracked);
    ws.on("error", (error) => {
      // The bytes were no WebSocket frame, or too many: `ws` has sent the close code by itself.
      const tooLong = "code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      tracked.link?.failed(tooLong ? 1009 : 1002, error.message);
    });
    ws.on("close", (code) => {
      this.#open.delete(tracked);
      tracked.link?.closed(code);
    });
    ws.on("pong", () => {
      tracked.unanswered = 0;
    });
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      tracked.unanswered = 0;
      tracked.link?.receive(isBinary ? data : data.toString("utf8"));
    });
    socket.on("drain", () => tracked.link?.writable());
    tracked.link = open(new SocketSink(ws, socket, this.#batcher));
  }

  /** Ends the transport of a connection as a broken network would. False if it has none. */
  cut(connectionId: string): boolean {
    for (const { ws, link } of this.#open) {
      if (link?.connectionId !== connectionId) continue;
      ws.terminate();
      return true;
    }
    return false;
  }

  /** Stops pinging and ends every socket that is still open. */
  end(): void {
    clearInterval(this.#beat);
    for (const { ws } of this.#open) ws.terminate();
  }

  #ping(): void {
    for (const tracked of this.#open) {
      if (tracked.unanswered < unansweredMax) tracked.ws.ping();
      else tracked.ws.terminate();
      tracked.unanswered += 1;
    }
  }
}
