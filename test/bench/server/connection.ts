import { once } from "node:events";
import { connect, type Socket } from "node:net";

interface Waiting {
  readonly done: (status: number) => void;
  readonly fail: (error: Error) => void;
}

/** One kept-alive HTTP connection with one request at a time: a client that costs far less than what it measures. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#lost(error));
    socket.on("close", () => this.#lost(new Error("The server closed a connection.")));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Resolves with the status when the whole answer is there. */
  post(path: string, user: string, body: Uint8Array, type = "application/octet-stream"): Promise<number> {
    const head =
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-User: ${user}\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`;
    return new Promise((done, fail) => {
      this.#waiting = { done, fail };
      this.#socket.write(Buffer.concat([Buffer.from(head, "latin1"), body]));
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const bodyBytes = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
    if (this.#received.length < headEnd + 4 + bodyBytes) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#received = Buffer.alloc(0);
    waiting?.done(Number(head.slice(9, 12)));
  }

  #lost(error: Error): void {
    this.#waiting?.fail(error);
    this.#waiting = null;
  }
}
