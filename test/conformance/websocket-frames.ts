/** Frames as a client writes them, right or wrong on purpose. */
export interface FrameParts {
  /** Default true. */
  readonly fin?: boolean;
  /** The three reserved bits as a number, RSV1 = 4. Default 0. */
  readonly reserved?: number;
  readonly opcode: number;
  readonly payload?: Buffer | string;
  /** Default: a mask that is not zero. Undefined as a member leaves the frame unmasked. */
  readonly mask?: readonly [number, number, number, number] | undefined;
  /** How the length is written. Default: as short as it fits. */
  readonly lengthAs?: 16 | 64;
  /** What the length says. Default: the truth. */
  readonly lengthSaid?: bigint;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export function frame(parts: FrameParts): Buffer {
  const { fin = true, reserved = 0, opcode } = parts;
  const payload = typeof parts.payload === "string" ? Buffer.from(parts.payload, "utf8") : (parts.payload ?? empty);
  const mask = "mask" in parts ? parts.mask : ([0x1f, 0x2e, 0x3d, 0x4c] as const);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const header = Buffer.from([first, ...lengthBytes(parts, payload.length)]);
  if (mask === undefined) return Buffer.concat([header, payload]);
  header[1] = (header[1] ?? 0) | 0x80;
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] = (masked[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return Buffer.concat([header, Buffer.from(mask), masked]);
}

export function text(payload: Buffer | string, fin = true): Buffer {
  return frame({ opcode: opcodes.text, payload, fin });
}

export function more(payload: Buffer | string, fin: boolean): Buffer {
  return frame({ opcode: opcodes.continuation, payload, fin });
}

/** A close frame with a code and the bytes of a reason. */
export function closeFrame(code: number, reason: Buffer | string = ""): Buffer {
  const bytes = typeof reason === "string" ? Buffer.from(reason, "utf8") : reason;
  const head = Buffer.from([code >> 8, code & 0xff]);
  return frame({ opcode: opcodes.close, payload: Buffer.concat([head, bytes]) });
}

/** A message of the JSON subprotocol that the service answers with a pong, of `bytes` bytes in all. */
export function pingOf(bytes: number): Buffer {
  const [start, end] = ['{"type":"ping","x":"', '"}'];
  return Buffer.from(start + "x".repeat(bytes - start.length - end.length) + end, "latin1");
}

/** A ping of the JSON subprotocol with these bytes inside a string. */
export function pingWith(inside: Buffer): Buffer {
  return Buffer.concat([Buffer.from('{"type":"ping","x":"', "latin1"), inside, Buffer.from('"}', "latin1")]);
}

const empty = Buffer.alloc(0);

function lengthBytes({ lengthAs, lengthSaid }: FrameParts, real: number): number[] {
  const length = lengthSaid ?? BigInt(real);
  const size = lengthAs ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  if (size === 7) return [Number(length)];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(length);
  return size === 16 ? [126, ...bytes.subarray(6)] : [127, ...bytes];
}
