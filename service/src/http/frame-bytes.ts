import { frameBytes } from "../core/message.ts";
import type { Frame } from "../core/ports.ts";

/** Header, then what the codec wrote. Servers do not mask; deflate is off, so a frame is always whole. */
export function wireParts(frame: Frame): readonly Uint8Array[] {
  const header = frameHeader(frameBytes(frame), frame.binary);
  return frame.head === undefined ? [header, frame.body] : [header, frame.head, frame.body];
}

export function headerBytes(bytes: number): number {
  if (bytes < 126) return 2;
  return bytes < 65_536 ? 4 : 10;
}

export function frameHeader(bytes: number, binary: boolean): Buffer {
  const opcode = binary ? 0x82 : 0x81;
  const header = Buffer.allocUnsafe(headerBytes(bytes));
  header[0] = opcode;
  if (bytes < 126) {
    header[1] = bytes;
  } else if (bytes < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(bytes, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(bytes), 2);
  }
  return header;
}
