import type { Decoded } from "./ports.ts";
import { utf16Length } from "./utf8.ts";

export interface JsonLimits {
  readonly bytesMax: number;
  /** Arrays and objects inside one another; a bare value has depth 0. */
  readonly depthMax: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The forbidden key in its quotes: letter by letter, and with 6 bytes for each letter. */
const plainKeyBytes = 11;
const escapedKeyBytesMax = 56;
/** What may follow a backslash, but for u. */
const escapable: ReadonlySet<number> = new Set(new TextEncoder().encode('"\\/bfnrt'));

/**
 * Parses JSON text from outside: strict UTF-8, bounded size and depth, no `__proto__` key at any level. Problems:
 * `json-too-large`, `string-not-utf8`, and those of scanJson.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): Decoded<unknown> {
  if (bytes.length > limits.bytesMax) return { ok: false, problem: "json-too-large" };
  if (utf16Length(bytes, 0, bytes.length) < 0) return { ok: false, problem: "string-not-utf8" };
  const problem = scanJson(bytes, limits.depthMax);
  if (problem !== null) return { ok: false, problem };
  const value: unknown = JSON.parse(decoder.decode(bytes));
  return { ok: true, value };
}

/**
 * Says whether JSON.parse would accept valid UTF-8 bytes, without building a value and with a stack bounded by
 * `depthMax`. Null when it would. Problems: `bad-json`, `json-too-deep`, `forbidden-key`.
 */
export function scanJson(bytes: Uint8Array, depthMax: number): string | null {
  const scan = new JsonScan(bytes);
  scan.document(depthMax);
  return scan.problem;
}

/** A recursive descent over the grammar of RFC 8259; every step answers whether to go on. */
class JsonScan {
  problem: string | null = null;
  private at = 0;
  /** Whether the last string had an escape in it. */
  private escaped = false;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  document(depthMax: number): boolean {
    this.space();
    if (!this.value(depthMax)) return false;
    this.space();
    return this.at === this.bytes.length || this.fail("bad-json");
  }

  private value(depthLeft: number): boolean {
    switch (this.peek()) {
      case 0x22: // "
        return this.string();
      case 0x7b: // {
        return depthLeft > 0 ? this.object(depthLeft - 1) : this.fail("json-too-deep");
      case 0x5b: // [
        return depthLeft > 0 ? this.array(depthLeft - 1) : this.fail("json-too-deep");
      case 0x74: // t
        return this.word("true");
      case 0x66: // f
        return this.word("false");
      case 0x6e: // n
        return this.word("null");
      default:
        return this.number();
    }
  }

  private object(depthLeft: number): boolean {
    this.at++;
    this.space();
    if (this.take(0x7d)) return true;
    do {
      this.space();
      if (!this.key()) return false;
      this.space();
      if (!this.take(0x3a)) return this.fail("bad-json");
      this.space();
      if (!this.value(depthLeft)) return false;
      this.space();
    } while (this.take(0x2c));
    return this.take(0x7d) || this.fail("bad-json");
  }

  private array(depthLeft: number): boolean {
    this.at++;
    this.space();
    if (this.take(0x5d)) return true;
    do {
      this.space();
      if (!this.value(depthLeft)) return false;
      this.space();
    } while (this.take(0x2c));
    return this.take(0x5d) || this.fail("bad-json");
  }

  private key(): boolean {
    const start = this.at;
    this.escaped = false;
    if (!this.string()) return false;
    const length = this.at - start;
    if (this.escaped ? length > escapedKeyBytesMax : length !== plainKeyBytes) return true;
    const name: unknown = JSON.parse(decoder.decode(this.bytes.subarray(start, this.at)));
    return name !== "__proto__" || this.fail("forbidden-key");
  }

  private string(): boolean {
    if (!this.take(0x22)) return this.fail("bad-json");
    for (;;) {
      const byte = this.peek();
      if (byte < 0x20) return this.fail("bad-json");
      this.at++;
      if (byte === 0x22) return true;
      if (byte === 0x5c && !this.escape()) return this.fail("bad-json");
    }
  }

  private escape(): boolean {
    this.escaped = true;
    const byte = this.peek();
    this.at++;
    if (byte !== 0x75) return escapable.has(byte);
    for (let digit = 0; digit < 4; digit++) {
      if (!isHexDigit(this.peek())) return false;
      this.at++;
    }
    return true;
  }

  private word(word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      if (!this.take(word.charCodeAt(index))) return this.fail("bad-json");
    }
    return true;
  }

  private number(): boolean {
    this.take(0x2d);
    if (!this.take(0x30) && !this.digits()) return this.fail("bad-json");
    if (this.take(0x2e) && !this.digits()) return this.fail("bad-json");
    if (!this.take(0x65) && !this.take(0x45)) return true;
    if (!this.take(0x2b)) this.take(0x2d);
    return this.digits() || this.fail("bad-json");
  }

  private digits(): boolean {
    const start = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at > start;
  }

  private space(): void {
    for (;;) {
      const byte = this.peek();
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  private peek(): number {
    return this.bytes[this.at] ?? -1;
  }

  private take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  private fail(problem: string): false {
    this.problem ??= problem;
    return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
