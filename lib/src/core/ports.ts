/** What the server's core needs from the outside, besides the store. */
import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { NewChunk } from "./document-history.ts";
import type { StoredEntry } from "./document-store.ts";

/** Wall clock, milliseconds. */
export interface WallClock {
  now(): number;
  /** Fires once, never synchronously. */
  after(delayMs: number, fire: () => void): () => void;
}

/** The server's Ed25519 key (DU3, ID5). */
export interface Signer {
  /** Raw public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

export interface FoldJob {
  /** Yjs V2 of the snapshot, or null. */
  readonly payload: Uint8Array | null;
  /** Yjs V1, in log order. */
  readonly updates: readonly Uint8Array[];
  /** DU12: a valid update (V1) that the document is compared with. */
  readonly compared?: Uint8Array;
}

/** A document made of a snapshot and updates, and what was found on the way. */
export interface Folded {
  /** Yjs V2, garbage collected. */
  readonly payload: Uint8Array;
  /** SHA-256 of `payload`. */
  readonly hash: Uint8Array;
  /** `Coverage.encode()`. */
  readonly coverage: Uint8Array;
  /** SHA-256 of `state`. */
  readonly digest: Uint8Array;
  /** `Y.encodeSnapshot`: clocks and delete set. */
  readonly state: Uint8Array;
  /** Indexes of updates that throw when applied; left out of the document. */
  readonly bad: readonly number[];
  /** Indexes of updates that wait for something unknown; left out of the document. */
  readonly waiting: readonly number[];
  /** Whether the document says under the same ids what `compared` says, wherever both reach; true without one. */
  readonly agrees: boolean;
}

/** Runs folds: in a worker with a deadline in production, inline in a simulation. Rejects when it cannot. */
export interface Folder {
  fold(job: FoldJob): Promise<Folded>;
}

/** What a compaction takes out of the log. */
export interface FoldedAway {
  readonly document: DocumentId;
  readonly generation: number;
  /** The snapshot that is replaced. */
  readonly base: { readonly cursor: Cursor; readonly payload: Uint8Array; readonly atMs: number } | null;
  /** At least one; without those that cannot be applied. */
  readonly entries: readonly StoredEntry[];
  /** The new snapshot. */
  readonly cursor: Cursor;
  readonly payload: Uint8Array;
}

/** Keeps what compaction folds away, for people. */
export interface Keeper {
  /** What is to be put in the same step. */
  keep(away: FoldedAway): Promise<readonly NewChunk[]>;
  /** It was put. */
  kept(document: DocumentId): void;
}

/** Where an edit came after a pause, or long after the last of these marks: the state before it is worth a version. */
export interface Mark {
  readonly generation: number;
  readonly cursor: Cursor;
  readonly atMs: number;
}

/** Counts by stable name, for metrics. */
export interface Counters {
  count(name: string): void;
}
