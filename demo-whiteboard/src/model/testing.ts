import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
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

/** A document and who is here, as one tab of a room has them. */
export interface Seat {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly index: number;
}

/** The tabs of one room, joined in memory: everything arrives at once. */
export function joined(count: number): readonly Seat[] {
  const seats = Array.from({ length: count }, (_, index): Seat => {
    const doc = new Y.Doc();
    doc.clientID = index + 1;
    return { doc, awareness: new Awareness(doc), index };
  });
  for (const { doc, awareness, index } of seats) {
    const others = seats.filter((other) => other.index !== index);
    doc.on("update", (bytes: Uint8Array, origin: unknown) => {
      if (origin !== NETWORK) for (const other of others) Y.applyUpdate(other.doc, bytes, NETWORK);
    });
    awareness.on("update", ({ added, updated }: Record<"added" | "updated", number[]>, origin: unknown) => {
      if (origin === NETWORK) return;
      const bytes = encodeAwarenessUpdate(awareness, [...added, ...updated]);
      for (const other of others) applyAwarenessUpdate(other.awareness, bytes, NETWORK);
    });
  }
  return seats;
}

const NETWORK = { name: "network" };
