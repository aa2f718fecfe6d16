const varintBytesMax = 10;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A cursor over one protobuf message of hostile bytes. No read throws: the first problem sticks and ends every loop over
 * `next()`. Numbers may be written longer than needed, as protobuf allows; those beyond 2^53 - 1 are a problem, as
 * JavaScript could not tell them apart. Nothing is allocated but what is read.
 */
export class MessageReader {
  private readonly source: Uint8Array;
  private at = 0;
  private end: number;
  private found: string | null = null;

  constructor(bytes: Uint8Array) {
    this.source = bytes;
    this.end = bytes.length;
  }

  /** The first problem met, null while there is none. */
  get problem(): string | null {
    return this.found;
  }

  /** The tag of the next field, field number * 8 + wire type; 0 at the end of the message and after a problem. */
  next(): number {
    if (this.found !== null || this.at === this.end) return 0;
    const tag = this.uint();
    if (tag >= 8 && tag <= 0xffff_ffff) return tag;
    this.fail("bad-tag");
    return 0;
  }

  uint(): number {
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.fail("number-too-large");
    return 0;
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  /** Bytes with their length in front: a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return this.source.subarray(start, this.at);
  }

  text(): string {
    const bytes = this.bytes();
    try {
      return decoder.decode(bytes);
    } catch {
      this.fail("text-not-utf8");
      return "";
    }
  }

  /** Reads a message inside this one; `read` sees its fields only. */
  message<T>(read: () => T): T {
    const length = this.length();
    const outer = this.end;
    this.end = this.at + length;
    const value = read();
    this.end = outer;
    return value;
  }

  /** Passes over a field nobody knows, or one in another form than it has: both are what protobuf's readers skip. */
  skip(tag: number): void {
    switch (tag % 8) {
      case 0:
        this.varint();
        break;
      case 1:
        this.pass(8);
        break;
      case 2:
        this.bytes();
        break;
      case 5:
        this.pass(4);
        break;
      default:
        // Groups left protobuf with version 3; 6 and 7 never were.
        this.fail("bad-wire-type");
    }
  }

  fail(problem: string): void {
    this.found ??= problem;
    this.at = this.end;
  }

  private length(): number {
    const length = this.uint();
    if (length <= this.end - this.at) return length;
    this.fail("unexpected-end");
    return 0;
  }

  private pass(length: number): void {
    if (length > this.end - this.at) this.fail("unexpected-end");
    else this.at += length;
  }

  /** Exact up to 2^53 - 1; above that no more than "larger". */
  private varint(): number {
    let value = 0;
    let factor = 1;
    for (let read = 1; read <= varintBytesMax; read++) {
      if (this.at >= this.end) {
        this.fail("unexpected-end");
        return 0;
      }
      const byte = this.source[this.at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte >= 0x80) continue;
      // 9 bytes hold 63 bits: the tenth has room for one more.
      if (read === varintBytesMax && byte > 1) break;
      return value;
    }
    this.fail("bad-varint");
    return 0;
  }
}
