import { connect, type Socket } from "node:net";

/** What the service did to a raw client, frame by frame. */
export type Heard =
  | { readonly type: "text" | "binary"; readonly payload: Buffer }
  | { readonly type: "ping" | "pong"; readonly payload: Buffer }
  /** Undefined: a close frame without a code. */
  | { readonly type: "close"; readonly code: number | undefined }
  /** The line ended without a close frame. */
  | { readonly type: "end" };

/** A WebSocket client made of a socket, which can say everything that is wrong. */
export class RawClient {
  readonly socket: Socket;
  readonly #heard: Heard[] = [];
  #unread = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, rest: Buffer) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    socket.on("error", () => this.#tell({ type: "end" }));
    socket.on("close", () => this.#tell({ type: "end" }));
    this.#read(rest);
  }

  /** Rejects when the upgrade is refused. */
  static async open(url: string, subprotocol: string): Promise<RawClient> {
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    );
    return new RawClient(socket, await upgraded(socket));
  }

  async next(): Promise<Heard> {
    for (;;) {
      const heard = this.#heard.shift();
      if (heard !== undefined) return heard;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      const found = firstFrame(this.#unread);
      if (found === undefined) return;
      this.#unread = this.#unread.subarray(found.bytes);
      this.#tell(found.heard);
    }
  }

  #tell(heard: Heard): void {
    this.#heard.push(heard);
    this.#wake();
  }
}

/** Resolves with the bytes after the answer's headers. */
function upgraded(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const refuse = () => reject(new Error(`The upgrade was refused: ${answer.toString("latin1").slice(0, 100)}`));
    socket.on("close", refuse);
    socket.on("error", refuse);
    const read = (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes]);
      const end = answer.indexOf("\r\n\r\n");
      if (end === -1) return;
      socket.off("data", read).off("close", refuse).off("error", refuse);
      if (answer.toString("latin1", 0, 12) === "HTTP/1.1 101") resolve(answer.subarray(end + 4));
      else refuse();
    };
    socket.on("data", read);
  });
}

function firstFrame(bytes: Buffer): { readonly heard: Heard; readonly bytes: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  return { heard: hear((bytes[0] ?? 0) & 0x0f, payload), bytes: start + length };
}

function hear(opcode: number, payload: Buffer): Heard {
  switch (opcode) {
    case 1:
      return { type: "text", payload };
    case 2:
      return { type: "binary", payload };
    case 8:
      return { type: "close", code: payload.length >= 2 ? payload.readUInt16BE(0) : undefined };
    case 9:
      return { type: "ping", payload };
    case 10:
      return { type: "pong", payload };
    default:
      throw new Error(`The service sent a frame with the opcode ${opcode}.`);
  }
}
