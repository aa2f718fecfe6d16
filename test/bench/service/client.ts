import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Where to connect and as what. */
export interface Address {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string;
}

const none = Buffer.alloc(0);

/**
 * A WebSocket client that only counts: cheap enough that the driver is not what is measured. It trusts its server,
 * answers pings, and masks with zeros.
 */
export class Client {
  /** Called for each data frame. */
  onFrame: ((payload: Buffer) => void) | undefined;
  /** Data frames so far. */
  received = 0;
  readonly #socket: Socket;
  #rest: Buffer = none;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the server has answered 101. */
  static async open({ port, path, subprotocol }: Address): Promise<Client> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const client = new Client(socket);
    const offer = subprotocol === undefined ? "" : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${offer}\r\n`,
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    const end = first.indexOf("\r\n\r\n");
    if (end === -1 || !first.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101"))) {
      socket.destroy();
      throw new Error(`The server refused: ${first.toString("latin1")}`);
    }
    socket.on("data", (chunk: Buffer) => client.#read(chunk));
    socket.on("error", () => socket.destroy());
    if (end + 4 < first.length) client.#read(first.subarray(end + 4));
    return client;
  }

  /** Resolves when this many data frames have arrived in all. Before the first user of `onFrame`. */
  expect(frames: number): Promise<void> {
    return new Promise((arrived) => {
      const look = () => {
        if (this.received >= frames) arrived();
      };
      this.onFrame = look;
      look();
    });
  }

  /** Takes whole frames, as `maskedFrame` makes them. */
  write(frames: Buffer): void {
    this.#socket.write(frames);
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #read(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (data.length - at >= 2) {
      const start = payloadStart(data, at);
      const end = start + payloadBytes(data, at);
      if (end > data.length) break;
      this.#frame((data[at] ?? 0) & 15, data.subarray(start, end));
      at = end;
    }
    this.#rest = at === data.length ? none : data.subarray(at);
  }

  #frame(opcode: number, payload: Buffer): void {
    if (opcode === 9) this.write(maskedFrame(payload, 0x8a));
    if (opcode > 2) return;
    this.received += 1;
    this.onFrame?.(payload);
  }
}

/** A masked client frame; the default is text. */
export function maskedFrame(payload: Buffer, opcode = 0x81): Buffer {
  const long = payload.length > 125;
  const header = Buffer.alloc(long ? 8 : 6);
  header[0] = opcode;
  header[1] = 0x80 | (long ? 126 : payload.length);
  if (long) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

function payloadStart(data: Buffer, at: number): number {
  const short = (data[at + 1] ?? 0) & 127;
  return at + (short < 126 ? 2 : short === 126 ? 4 : 10);
}

/** Infinity when the header itself is not complete. */
function payloadBytes(data: Buffer, at: number): number {
  const short = (data[at + 1] ?? 0) & 127;
  if (short < 126) return short;
  if (data.length < at + (short === 126 ? 4 : 10)) return Number.POSITIVE_INFINITY;
  return short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
}
