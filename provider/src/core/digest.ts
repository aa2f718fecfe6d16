import { digest as sha256 } from "lib0/hash/sha256";
import * as Y from "yjs";

/** SY9: struct clocks and delete set. A state vector alone would not see a lost deletion. */
export function digestOf(doc: Y.Doc): Uint8Array {
  return sha256(Y.encodeSnapshot(Y.snapshot(doc)));
}

export { sha256 };

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
