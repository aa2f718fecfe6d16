import { utf16Length } from "./utf8.ts";

const varUintBytesMax = 8;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const forbiddenKey = new TextEncoder().encode("__proto__");

/**
 * A cursor over hostile bytes. No read throws: the first problem sticks, moves the cursor to the end, and every later
 * read answers 0 or an empty value, so that loops which ask `ok` end at once. Varints are minimal, at most 8 bytes and
 * at most 2^53 - 1; strings are valid UTF-8.
 */
export class BoundedReader {
  private found: string | null = null;
  private at = 0;
  private readonly source: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.source = bytes;
  }

  get ok(): boolean {
    return this.found === null;
  }

  /** The first problem met, null while there is none. */
  get problem(): string | null {
    return this.found;
  }

  get position(): number {
    return this.at;
  }

  get remaining(): number {
    return this.source.length - this.at;
  }

  /** Records a problem that the caller found in what was read; the first one wins. */
  fail(problem: string): void {
    this.found ??= problem;
    this.at = this.source.length;
  }

  uint8(): number {
    const byte = this.source[this.at];
    if (byte === undefined) {
      this.fail("unexpected-end");
      return 0;
    }
    this.at++;
    return byte;
  }

  varUint(): number {
    const first = this.source[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      return first;
    }
    return this.longVarUint();
  }

  /** lib0's signed varint (6 bits in the first byte), under the same bounds. */
  varInt(): number {
    const first = this.uint8();
    const sign = (first & 0x40) > 0 ? -1 : 1;
    if ((first & 0x80) === 0) return sign * (first & 0x3f);
    return sign * this.varintTail({ low: first & 0x3f, factor: 64 });
  }

  /** How many elements follow. Refused when the bytes left cannot hold them, so that nobody allocates for a lie. */
  count(elementBytesMin: number): number {
    const count = this.varUint();
    if (count * elementBytesMin <= this.remaining) return count;
    this.fail("count-beyond-bytes");
    return 0;
  }

  skip(length: number): void {
    if (length > this.remaining) this.fail("unexpected-end");
    else this.at += length;
  }

  /** The next bytes: a view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.at;
    this.skip(length);
    return this.ok ? this.source.subarray(start, start + length) : new Uint8Array(0);
  }

  /** Bytes with their length in front: a view, not a copy. */
  varBytes(bytesMax: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.bytes(this.lengthAtMost(bytesMax));
  }

  varString(bytesMax: number = Number.MAX_SAFE_INTEGER): string {
    return decoder.decode(this.varText(bytesMax));
  }

  /** The bytes of a string, checked to be UTF-8: a view, not a copy. */
  varText(bytesMax: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    const bytes = this.varBytes(bytesMax);
    if (utf16Length(bytes, 0, bytes.length) >= 0) return bytes;
    this.fail("string-not-utf8");
    return bytes.subarray(0, 0);
  }

  /** Checks a string without building it; answers its length in UTF-16 units, as Yjs counts. */
  skipVarString(): number {
    const length = this.lengthAtMost(Number.MAX_SAFE_INTEGER);
    const start = this.at;
    this.at += length;
    const units = utf16Length(this.source, start, this.at);
    if (units >= 0) return units;
    this.fail("string-not-utf8");
    return 0;
  }

  /** Like skipVarString, for a string that becomes a key of a plain object somewhere: `__proto__` is refused. */
  skipKey(): void {
    const start = this.at;
    this.skipVarString();
    // One length byte and the name itself.
    if (this.at - start === forbiddenKey.length + 1 && this.isForbiddenKey(start + 1)) this.fail("forbidden-key");
  }

  /** Nothing may follow what was read. */
  end(): void {
    if (this.ok && this.remaining > 0) this.fail("trailing-bytes");
  }

  private lengthAtMost(bytesMax: number): number {
    const length = this.varUint();
    if (length > this.remaining) this.fail("unexpected-end");
    else if (length > bytesMax) this.fail("string-too-long");
    else return length;
    return 0;
  }

  private isForbiddenKey(start: number): boolean {
    return forbiddenKey.every((byte, index) => this.source[start + index] === byte);
  }

  private longVarUint(): number {
    const first = this.uint8();
    return this.ok ? this.varintTail({ low: first & 0x7f, factor: 128 }) : 0;
  }

  private varintTail(head: { readonly low: number; readonly factor: number }): number {
    let value = head.low;
    let factor = head.factor;
    for (let read = 1; read < varUintBytesMax; read++) {
      const byte = this.source[this.at++];
      if (byte === undefined) {
        this.fail("unexpected-end");
        return 0;
      }
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte >= 0x80) continue;
      // lib0 writes the shortest form; another spelling of the same number would give equal updates unequal hashes.
      if (byte === 0 || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    this.fail("bad-varint");
    return 0;
  }
}
