import type { Claim, Cursor, DocumentId, SessionId, SnapshotRef, UserId } from "y-webpubsub/core";
import type { NewChunk } from "./document-history.ts";

/** One upload as the log keeps it. */
export interface NewEntry {
  readonly session: SessionId;
  readonly userId: UserId;
  readonly upload: number;
  readonly seqTo: number;
  /** SHA-256 of `update`. */
  readonly hash: Uint8Array;
  /** Owners of the client ids that have structs in `update`. */
  readonly owners: readonly Claim[];
  /** Wall clock of the server, milliseconds; for people, never for order. */
  readonly atMs: number;
  /** Yjs V1. */
  readonly update: Uint8Array;
}

export interface StoredEntry extends NewEntry {
  readonly cursor: Cursor;
}

/** The last upload of a session: what makes a repeated upload recognisable, also after compaction. */
export interface SessionRow {
  readonly session: SessionId;
  readonly userId: UserId;
  readonly upload: number;
  readonly hash: Uint8Array;
  readonly seqTo: number;
  readonly cursor: Cursor;
  readonly atMs: number;
}

/** A claim without a word written under it, and since when its user has not been seen. */
export interface IdleClaim {
  readonly client: number;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

export interface SnapshotInfo {
  readonly ref: SnapshotRef;
  /** The last entry folded in. */
  readonly cursor: Cursor;
  /** SHA-256 of the payload. */
  readonly hash: Uint8Array;
  /** `Coverage.encode()` of the payload. */
  readonly coverage: Uint8Array;
  readonly payloadBytes: number;
  /** Every claim and session at the cursor, so that a snapshot can be served without anything else. */
  readonly claims: readonly Claim[];
  readonly sessions: readonly SessionRow[];
  /** Of `claims`. Default: none. */
  readonly idle?: readonly IdleClaim[];
}

export interface NewSnapshot extends Omit<SnapshotInfo, "ref" | "payloadBytes"> {
  /** Yjs V2. */
  readonly payload: Uint8Array;
}

/** A consistent cut of one document, without the snapshot's payload. */
export interface StoredDocument {
  /** 1 for a document that was never deleted. */
  readonly generation: number;
  /** The last entry's cursor, folded or not; empty when nothing was ever appended. */
  readonly head: Cursor;
  readonly snapshot: SnapshotInfo | null;
  /** After the snapshot, in log order. */
  readonly entries: readonly StoredEntry[];
  readonly claims: readonly Claim[];
  readonly sessions: readonly SessionRow[];
}

export type Appended =
  | { readonly outcome: "stored"; readonly cursor: Cursor }
  /** The session's upload with this number and hash is in the log already. */
  | { readonly outcome: "duplicate"; readonly cursor: Cursor; readonly seqTo: number }
  /** The same number with another hash. */
  | { readonly outcome: "conflict" }
  /** A later upload of the session is in the log. */
  | { readonly outcome: "stale" }
  /** The log does not end at the expected head. A repetition is found first: it is a duplicate, wherever the log ends. */
  | { readonly outcome: "head-changed"; readonly head: Cursor }
  /** The document was deleted or made again since the caller looked. */
  | { readonly outcome: "generation-changed"; readonly generation: number };

export type EntriesAfter =
  | {
      readonly outcome: "entries";
      readonly generation: number;
      readonly head: Cursor;
      readonly entries: readonly StoredEntry[];
      readonly more: boolean;
    }
  /** The cursor is older than the log, or none of this document. */
  | { readonly outcome: "gone" };

export interface QuarantineItem {
  readonly cursor: Cursor;
  readonly reason: string;
  readonly session: SessionId;
  readonly upload: number;
  readonly hash: Uint8Array;
  readonly update: Uint8Array;
}

/** How much of a log one answer carries; at least one entry is always answered. */
export interface PageBounds {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/**
 * Where documents are kept. Any number of servers may use one store at once where the store allows it; nobody leads.
 * Cursors of one document are strings of one length that sort in log order; an entry never becomes visible before one
 * that was already read.
 * A document that was never written loads as null; what cannot be read is a `CorruptError`, never less content.
 * Every promise rejects with a `StoreError` or is kept: what a resolved write said is durable.
 */
export interface DocumentStore {
  /** Whether other processes may write to it: then a server looks before it decides. */
  readonly shared: boolean;
  open(): Promise<void>;
  /** Resolves when every accepted write has settled. Later calls are refused. */
  close(): Promise<void>;
  load(document: DocumentId): Promise<StoredDocument | null>;
  /** Entries after a cursor, in order, all that were acknowledged before the call. `""` is before everything. */
  entriesAfter(document: DocumentId, after: Cursor, bounds: PageBounds): Promise<EntriesAfter>;
  /**
   * Durable when it resolves; idempotent by (session, upload, hash). `generation` is that of the caller. With
   * `expectedHead` it is a compare-and-swap on the log's end: stored only when the head is still that cursor.
   */
  append(document: DocumentId, generation: number, entry: NewEntry, expectedHead?: Cursor): Promise<Appended>;
  /** Puts claims that are absent; answers the owner of each asked id. */
  claim(document: DocumentId, claims: readonly Claim[]): Promise<readonly Claim[]>;
  /** The payload of the current or the previous snapshot; null when it is gone. Verified against its hash. */
  payload(
    document: DocumentId,
    ref: SnapshotRef,
  ): Promise<{ readonly info: SnapshotInfo; readonly payload: Uint8Array } | null>;
  /**
   * Replaces the snapshot `base` (null: there was none) by compare-and-swap, removes exactly `folded`, drops session
   * rows not in `snapshot.sessions` that are older than it, and keeps the replaced snapshot for a while. In the same
   * step `history` is put (default: nothing) and the claims of the client ids in `forgotten` are dropped (default: none).
   * Refs name their generation: a base of another one is a conflict.
   */
  compact(
    document: DocumentId,
    base: SnapshotRef | null,
    snapshot: NewSnapshot,
    folded: readonly Cursor[],
    history?: readonly NewChunk[],
    forgotten?: readonly number[],
  ): Promise<"installed" | "conflict">;
  /** Keeps the newest 100 of a document: beyond that the oldest go. */
  quarantine(document: DocumentId, item: QuarantineItem): Promise<void>;
  quarantined(document: DocumentId): Promise<readonly QuarantineItem[]>;
  /** The value under a name, made once for all servers: the first put wins. */
  secret(name: string, make: () => Uint8Array): Promise<Uint8Array>;
  /** A small value (at most 64 KiB) that servers change, apart from any document and from secrets; null: there is none. */
  setting(name: string): Promise<Uint8Array | null>;
  /** Puts `value` if what is stored now equals `before` (null: nothing is). Durable when it resolves. */
  changeSetting(name: string, before: Uint8Array | null, value: Uint8Array): Promise<"changed" | "conflict">;
}

/** Why a store did not do it. `code` decides what the server answers. */
export type StoreProblem =
  /** Certainly not stored. */
  | "not-durable"
  /** Perhaps stored: repeat it, appends are idempotent. */
  | "unknown-outcome"
  /** No space. Certainly not stored; works again when space is freed. */
  | "full"
  /** A record cannot be read. Only its document is affected. */
  | "corrupt"
  | "closed";

export class StoreError extends Error {
  readonly code: StoreProblem;
  constructor(code: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
