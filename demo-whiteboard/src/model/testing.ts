import * as Y from "yjs";
import { Board } from "./board.ts";

/** A board of a person in a test: its document, and the way to tell another one what is new. */
export interface Peer {
  readonly doc: Y.Doc;
  readonly board: Board;
}

export function peer(clientId: number): Peer {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  return { doc, board: new Board(doc) };
}

/** Each gets what the other has: as after a reconnect. */
export function exchange(a: Peer, b: Peer): void {
  const forA = Y.encodeStateAsUpdate(b.doc, Y.encodeStateVector(a.doc));
  const forB = Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc));
  Y.applyUpdate(a.doc, forA, "network");
  Y.applyUpdate(b.doc, forB, "network");
}

/** Mulberry32: small, fast, the same on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
