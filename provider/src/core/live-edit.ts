import type { ChunkFrame } from "./frame-kinds.ts";
import type { SessionId } from "./ports.ts";

/** SY15: which part of its batches a chunk is. */
export interface ChunkPlace {
  /** From 0. */
  readonly index: number;
  /** Of how many, at least 1. */
  readonly count: number;
}

/** Batches of another session as they came live. */
export interface LiveEdit {
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  /** SY15: `update` is one part of these batches. Absent: all of them. */
  readonly chunk?: ChunkPlace;
}

export function partOf({ session, seqFrom, seqTo, index, count, update }: ChunkFrame): LiveEdit {
  return { session, seqFrom, seqTo, update, chunk: { index, count } };
}
