/** An unmasked text frame. Relays send messages below 64 KB only. */
export function textFrame(payload: Buffer): Buffer {
  const headerBytes = payload.length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame[0] = 0x81;
  if (headerBytes === 2) {
    frame[1] = payload.length;
  } else {
    frame[1] = 126;
    frame.writeUInt16BE(payload.length, 2);
  }
  payload.copy(frame, headerBytes);
  return frame;
}
