/** One field as it stands on the wire. `other` is of no use to the subprotocol: fixed numbers and groups. */
export type Field =
  | { readonly number: number; readonly kind: "varint"; readonly value: bigint }
  | { readonly number: number; readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly number: number; readonly kind: "other" };

/** More fields than any message of the subprotocol has use for: metadata of 8,192 bytes has fewer entries. */
const fieldsMax = 10_000;
const varintBytesMax = 10;
/** As protobufjs has it. */
const groupDepthMax = 100;
const uint64Max = 0xffff_ffff_ffff_ffffn;

/**
 * The fields of one protobuf message, in their order; nested messages are left as bytes. Undefined when the bytes are
 * none: cut short, a varint over 64 bits, a field number 0 or over 2^29 - 1 (in a group too), a group without its end.
 * Never throws.
 */
export function readFields(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const field = readField(cursor);
    if (field === undefined || fields.push(field) > fieldsMax) return undefined;
  }
  return fields;
}

export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function readField(cursor: Cursor, depth = 0): Field | undefined {
  const tag = readSmall(cursor);
  if (tag === undefined || tag < 8) return undefined;
  const number = tag >>> 3;
  switch (tag & 7) {
    case 0: {
      const value = readVarint(cursor);
      return value === undefined ? undefined : { number, kind: "varint", value };
    }
    case 1:
      return skip(cursor, 8) ? { number, kind: "other" } : undefined;
    case 2: {
      const length = readSmall(cursor);
      if (length === undefined) return undefined;
      const start = cursor.at;
      return skip(cursor, length)
        ? { number, kind: "bytes", value: cursor.bytes.subarray(start, cursor.at) }
        : undefined;
    }
    case 5:
      return skip(cursor, 4) ? { number, kind: "other" } : undefined;
    case 3:
      return skipGroup(cursor, number, depth) ? { number, kind: "other" } : undefined;
    default:
      return undefined;
  }
}

/** Groups are long out of use, but whoever does not know a field has to be able to skip it. */
function skipGroup(cursor: Cursor, number: number, depth: number): boolean {
  if (depth >= groupDepthMax) return false;
  for (;;) {
    const start = cursor.at;
    const tag = readSmall(cursor);
    if (tag === undefined) return false;
    if ((tag & 7) === 4) return tag >>> 3 === number;
    cursor.at = start;
    if (readField(cursor, depth + 1) === undefined) return false;
  }
}

function skip(cursor: Cursor, length: number): boolean {
  cursor.at += length;
  return cursor.at <= cursor.bytes.length;
}

/** A tag or a length: at most 32 bits. */
export function readSmall(cursor: Cursor): number | undefined {
  const first = cursor.bytes[cursor.at];
  if (first !== undefined && first < 0x80) {
    cursor.at += 1;
    return first;
  }
  const value = readVarint(cursor);
  return value === undefined || value > 0xffff_ffffn ? undefined : Number(value);
}

function readVarint(cursor: Cursor): bigint | undefined {
  const first = cursor.bytes[cursor.at];
  if (first !== undefined && first < 0x80) {
    cursor.at += 1;
    return BigInt(first);
  }
  let value = 0n;
  for (let i = 0; i < varintBytesMax; i++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return value > uint64Max ? undefined : value;
  }
  return undefined;
}
