import { assert } from "../core/assert.ts";

/** The parts of a message, copied once at its end by `Buffer.concat`. */
export type Parts = readonly Uint8Array[];

/** One field with a length: tag, length, content. */
export function bytesField(number: number, content: Parts): Parts {
  return [fieldHead(number, byteLength(content)), ...content];
}

export function textField(number: number, text: string): Parts {
  return bytesField(number, [Buffer.from(text, "utf8")]);
}

/** One unsigned number of up to 64 bits. */
export function varintField(number: number, value: bigint): Parts {
  const bytes = [tag(number, 0)];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [Buffer.from([...bytes, Number(rest)])];
}

function byteLength(parts: Parts): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** What precedes the content of a field with a length. */
function fieldHead(number: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(fieldBytes(length) - length);
  writeFieldHead(head, 0, number, length);
  return head;
}

/** How many bytes a field with so much content takes. */
export function fieldBytes(length: number): number {
  return 1 + varintLength(length) + length;
}

/** Writes what precedes the content of a field. Answers the place of the content. */
export function writeFieldHead(target: Uint8Array, at: number, number: number, length: number): number {
  target[at] = tag(number, 2);
  return writeVarint(target, at + 1, length);
}

/** Of an unsigned number up to 2^53. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

const int32Max = 0x7fff_ffff;

/** Answers the place after the number. */
export function writeVarint(target: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest > int32Max; rest = Math.floor(rest / 0x80)) target[at++] = (rest % 0x80) | 0x80;
  // Whole numbers of 32 bits are shifted several times as fast as others are divided.
  let small = rest | 0;
  for (; small > 0x7f; small >>= 7) target[at++] = (small & 0x7f) | 0x80;
  target[at++] = small;
  return at;
}

/** Wire type 0 is a number, 2 something with a length. */
export function tag(number: number, wireType: 0 | 2): number {
  assert(number < 16, "every field number of the subprotocol fits into one byte");
  return (number << 3) | wireType;
}
