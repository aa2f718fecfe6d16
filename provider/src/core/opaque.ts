/**
 * SY14: how a payload says that it is not a Yjs update: an empty update (two zero bytes) and then this byte, `E`. No Yjs
 * update begins so, and whoever knows only Yjs refuses it as one with bytes after its end. Reserved for end-to-end
 * encryption, in edit frames, uploads and the log alike.
 */
const prefix: readonly number[] = [0, 0, 0x45];

export function isOpaque(payload: Uint8Array): boolean {
  return prefix.every((byte, index) => payload[index] === byte);
}
