import type * as Y from "yjs";

/** Where a document comes from: the same document of two servers has two copies. */
export interface CopyPlace {
  /** Absolute address of the collab router. */
  readonly server: string;
  readonly document: string;
}

/** Whose copy it is, and of which life of the document (docs/protocol.md, generation). */
export interface CopyIdentity {
  readonly generation: number;
  readonly userId: string;
}

export type CopyProblem =
  /** There is no store on this device, or it cannot be opened: the provider goes on without. */
  | "unavailable"
  /** The copy could not be read in time. */
  | "unreadable"
  | "quota-exceeded"
  | "write-failed";

/** A copy of one document on this device, kept up to date as long as it is open. Methods never throw or reject. */
export interface LocalCopy {
  /** Resolves when what is stored is in the document; null: never met a server yet, or there is no usable copy. */
  readonly loaded: Promise<CopyIdentity | null>;
  /** Whether a transaction of this origin brought what was stored: no edit of this session. */
  isOrigin(origin: unknown): boolean;
  /** The server knows the content as this one's. */
  identify(identity: CopyIdentity): void;
  /**
   * This content must not be loaded again, and is kept for export; the next copy of the document is empty. The event
   * `reload` waits for it: resolves soon, also when it failed.
   */
  setAside(): Promise<void>;
  /** Writes no more. */
  close(): Promise<void>;
}

/** Makes copies: `indexedDbPersistence()` of `y-webpubsub/indexeddb`, or your own. */
export interface Persistence {
  /** Never throws; each kind of problem is told once a copy. */
  open(place: CopyPlace, doc: Y.Doc, onProblem: (problem: CopyProblem, message: string) => void): LocalCopy;
}
