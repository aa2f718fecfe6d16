/** What the server's core needs from the outside, besides the store. */

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
}

/** Runs folds: in a worker with a deadline in production, inline in a simulation. Rejects when it cannot. */
export interface Folder {
  fold(job: FoldJob): Promise<Folded>;
}

/** Counts by stable name, for metrics. */
export interface Counters {
  count(name: string): void;
}
