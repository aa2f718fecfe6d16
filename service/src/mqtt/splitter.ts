/** One whole packet, or what is wrong with the bytes: nothing after it can be read. */
export type Split =
  | { readonly ok: true; readonly packet: Buffer }
  | { readonly ok: false; readonly problem: "malformed" | "too-large" };

const headerBytesMax = 5;

/** Cuts the bytes of WebSocket frames into MQTT packets: a frame may hold several, or a part of one. */
export class Splitter {
  readonly #bytesMax: number;
  /** Grows by doubling, so that a packet in many small frames is not copied for each of them. */
  #unread: Buffer = Buffer.alloc(0);
  #length = 0;

  /** `bytesMax`: the largest packet. Never more than that is kept. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The packets that are whole by now. They share memory with `data`. */
  *push(data: Buffer): Generator<Split> {
    let rest = this.#length === 0 ? data : this.#joined(data);
    this.#length = 0;
    while (rest.length > 0) {
      const size = packetBytes(rest);
      if (size === "malformed") {
        yield { ok: false, problem: "malformed" };
        return;
      }
      if (size !== undefined && size > this.#bytesMax) {
        yield { ok: false, problem: "too-large" };
        return;
      }
      if (size === undefined || size > rest.length) break;
      yield { ok: true, packet: rest.subarray(0, size) };
      rest = rest.subarray(size);
    }
    this.#keep(rest);
  }

  /** The part of a packet that is kept; another splitter goes on with it. */
  take(): Buffer {
    const rest = this.#unread.subarray(0, this.#length);
    this.#length = 0;
    return rest;
  }

  /** What is kept, with `data` behind it. */
  #joined(data: Buffer): Buffer {
    const length = this.#length + data.length;
    if (length > this.#unread.length) {
      const larger = Buffer.allocUnsafe(length * 2);
      this.#unread.copy(larger, 0, 0, this.#length);
      this.#unread = larger;
    }
    data.copy(this.#unread, this.#length);
    return this.#unread.subarray(0, length);
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) {
      this.#unread = Buffer.alloc(0);
    } else if (rest.buffer !== this.#unread.buffer || rest.byteOffset !== this.#unread.byteOffset) {
      this.#unread = Buffer.from(rest);
    }
    this.#length = rest.length;
  }
}

/** The size of the packet at the start of the bytes; undefined when too few are there to tell. */
function packetBytes(bytes: Buffer): number | undefined | "malformed" {
  let length = 0;
  for (let at = 1; at < headerBytesMax; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return at + 1 + length;
  }
  return "malformed";
}
