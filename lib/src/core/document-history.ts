import type { Claim, Cursor, DocumentId, UserId } from "y-webpubsub/core";
import type { NewSnapshot, SessionRow } from "./document-store.ts";

/** Opaque, of one document; a store gives it out for a chunk, by what it holds: the same chunk again has the same ref. */
export type ChunkRef = string & { readonly brand: "ChunkRef" };

/** Made by the core: sorts by time, at most 64 characters of `[0-9A-Za-z_-]`. */
export type VersionId = string & { readonly brand: "VersionId" };

/**
 * A part of the log that compaction folded away, kept for people. The payload is packed by the core and opaque to a
 * store: the entries after `after` up to `to` with their times and authors, or, as a keyframe, the whole state at `to`.
 */
export interface NewChunk {
  readonly kind: "entries" | "keyframe";
  readonly generation: number;
  /** The cursor before the first entry; `""` from the beginning. Of a keyframe: equal to `to`. */
  readonly after: Cursor;
  readonly to: Cursor;
  /** Wall clock of the first and the last entry, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many log entries it holds; 0 for a keyframe. */
  readonly entries: number;
  /** SHA-256 of `payload`. */
  readonly hash: Uint8Array;
  readonly payload: Uint8Array;
}

export interface ChunkInfo extends Omit<NewChunk, "payload"> {
  readonly ref: ChunkRef;
  readonly payloadBytes: number;
}

/** A place in the log that people can go back to. */
export interface Version {
  readonly id: VersionId;
  readonly generation: number;
  readonly cursor: Cursor;
  readonly kind: "named" | "automatic" | "restore";
  /** What people call it; null: it has no name. */
  readonly label: string | null;
  /** Who made it; null: the server. */
  readonly userId: UserId | null;
  readonly atMs: number;
}

export interface DocumentInfo {
  readonly document: DocumentId;
  readonly generation: number;
  readonly head: Cursor;
  /** Deleted, and nothing was written since. */
  readonly deleted: boolean;
}

/** One document as export writes and import reads it: the log is folded into the snapshot, history stays whole. */
export interface DocumentBackup {
  readonly generation: number;
  readonly head: Cursor;
  /** Its cursor is `head`. */
  readonly snapshot: NewSnapshot | null;
  readonly claims: readonly Claim[];
  readonly sessions: readonly SessionRow[];
  readonly chunks: readonly NewChunk[];
  readonly versions: readonly Version[];
}

/** The part of a document store that keeps what was. Same promises as `DocumentStore`: durable when resolved. */
export interface HistoryStore {
  /**
   * Chunks of the current generation whose `to` lies after `after`, by their `to`, entries before a keyframe of the same
   * `to`; at most `max`, except that all chunks of one `to` are answered together.
   */
  chunks(document: DocumentId, after: Cursor, max: number): Promise<readonly ChunkInfo[]>;
  /** Verified against its hash; null when it is gone. */
  chunk(document: DocumentId, ref: ChunkRef): Promise<Uint8Array | null>;
  /** Puts chunks and removes others in one step. `conflict`: one of `removed` is not there, or the generation is another. */
  replaceChunks(
    document: DocumentId,
    generation: number,
    removed: readonly ChunkRef[],
    put: readonly NewChunk[],
  ): Promise<"replaced" | "conflict">;

  /** Puts it, or replaces the one with its id (a new label). */
  putVersion(document: DocumentId, version: Version): Promise<"stored" | "generation-changed">;
  /** Of the current generation, newest first, ids before `before` (null: from the newest), at most `max`. */
  versions(document: DocumentId, before: VersionId | null, max: number): Promise<readonly Version[]>;
  /** False when there was none. */
  removeVersion(document: DocumentId, id: VersionId): Promise<boolean>;

  /** Documents in an order of the store's own, always the same, after `after` (null: from the first), at most `max`. */
  documents(after: DocumentId | null, max: number): Promise<readonly DocumentInfo[]>;

  /**
   * Ends a generation and begins the next: log, snapshots, claims, sessions, quarantine, chunks and versions are gone;
   * `content` (null: nothing, a deletion) is the first snapshot of the next, at a cursor of the store's making. Cursors
   * are never used again: those of the next generation lie after those of the last, which are "gone" to
   * `entriesAfter`. After a deletion the log begins empty: `entriesAfter("")` answers what is written from then on.
   * A document that was never written may be reset too. Answers the generation in force.
   */
  reset(
    document: DocumentId,
    generation: number,
    content: Omit<NewSnapshot, "cursor"> | null,
  ): Promise<{ readonly outcome: "reset" | "generation-changed"; readonly generation: number }>;

  /**
   * Puts a whole document where nothing was ever written (claims count as written). Cursors and generation are kept, also
   * those of another kind of store: all make cursors with `cursorAt` of lib/src/storage/keys.ts.
   */
  importDocument(document: DocumentId, backup: DocumentBackup): Promise<"imported" | "exists">;
}
