/** What the sync core needs from the outside. Every clock, network, server and random number comes through these. */

import type { AuthorProof, IdentityMode } from "./identity-ports.ts";

export type { AuthorProof, Crypto, IdentityMode, SigningKey } from "./identity-ports.ts";

/** Milliseconds on the core's own line; only differences mean something. */
export type Instant = number & { readonly brand: "Instant" };
export type Cancel = () => void;

export interface Clock {
  now(): Instant;
  /** Fires once, never synchronously. */
  after(delayMs: number, fire: () => void): Cancel;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export type DocumentId = string & { readonly brand: "DocumentId" };
/** 12 random bytes, base64url, 16 characters. */
export type SessionId = string & { readonly brand: "SessionId" };
export type UserId = string & { readonly brand: "UserId" };
export type GroupName = string & { readonly brand: "GroupName" };
/** A position in a document's log. Opaque: equality only. The empty string is "before everything". */
export type Cursor = string & { readonly brand: "Cursor" };
export type SnapshotRef = string & { readonly brand: "SnapshotRef" };

export type Role = "writer" | "reader";

/** AU1: whether members publish their edits themselves, or the server does once it has stored them. */
export type DocumentMode = "direct" | "authoritative";

/** A decoded value, or the reason why there is none (a stable kebab-case code). Decoders never throw. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/* ---- the service: one connection of Web PubSub ---- */

export interface Transport {
  /** Dials. `access` is called once for a fresh client URL. Never throws; failures arrive as `closed`. */
  open(access: () => Promise<string>, on: (event: LinkEvent) => void): Link;
  /** About how long a message is that delivers so many bytes; for the traffic meter. Default: without any envelope. */
  wireBytes?(bytes: number): number;
}

export interface Link {
  /**
   * Publishes without echo. `confirm` asks the service for an ack: it is answered by one `confirmed` or `unconfirmed` event.
   * "full": the line's backlog is over its bound and nothing was sent.
   */
  publish(group: GroupName, bytes: Uint8Array, confirm: boolean): "accepted" | "full";
  /** Idempotent. No event follows, not even `closed`. */
  close(): void;
}

export type LinkEvent =
  /** A new connection is up and in the token's groups. */
  | { readonly type: "joined"; readonly connectionId: string }
  | {
      readonly type: "received";
      readonly group: GroupName;
      readonly bytes: Uint8Array;
      readonly fromUserId: string | null;
    }
  /** The service's own recovery runs. */
  | { readonly type: "interrupted" }
  | { readonly type: "resumed" }
  /** `group`: whose publish it was, where one connection serves several documents. */
  | { readonly type: "confirmed"; readonly group?: GroupName }
  | { readonly type: "unconfirmed"; readonly reason: string; readonly group?: GroupName }
  /** The last event of a link that was not closed by us. */
  | { readonly type: "closed"; readonly reason: string };

/* ---- other tabs of this browser ---- */

/** TB: whose tab this is, and of which content. */
export interface TabIdentity {
  readonly userId: UserId;
  readonly generation: number;
  /** A reader's edits are nobody else's. */
  readonly role: Role;
}

export interface TabMessage {
  /** `senderName` of whoever posted it. */
  readonly sender: string;
  readonly generation: number;
  /** One frame. */
  readonly bytes: Uint8Array;
}

/** The tabs of one browser that have the same document of the same server open. */
export interface Tabs {
  /** `on` gets what others post, never the own messages. Never throws. */
  open(on: (message: TabMessage) => void): TabLink;
}

export interface TabLink {
  post(message: TabMessage): void;
  /** Idempotent; nothing is heard any more. */
  close(): void;
}

/* ---- the server: HTTP ---- */

export interface SessionCard {
  readonly session: SessionId;
  readonly clientIds: readonly number[];
  readonly generation: number | null;
  /** CN10: the live connection that the document is to be on. */
  readonly connection?: NamedConnection;
  /** ID7: raw Ed25519 public key of the session, 32 bytes; null: it cannot sign. Absent: of no use (a reload). */
  readonly key?: Uint8Array | null;
}

/** CN10: as the service calls it, and whose ticket it was dialled with. */
export interface NamedConnection {
  readonly id: string;
  readonly session: SessionId;
}

export interface Ticket {
  /** CN10: empty: the connection that the card named is in the groups now. */
  readonly url: string;
  readonly userId: UserId;
  readonly role: Role;
  readonly groups: { readonly data: GroupName; readonly presence: GroupName };
  readonly generation: number;
  readonly accessEpoch: number;
  readonly head: Cursor;
  readonly snapshot: SnapshotRef | null;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly serverKey: Uint8Array;
  /** Announced client ids that belong to another user. */
  readonly clash: readonly number[];
  readonly uploadBytesMax: number;
  /** ID7: `encodeCertificate` of this session; null or absent: the server gives none. */
  readonly certificate?: Uint8Array | null;
  /** ID8: what the server asks of everybody here. Default: `stamped`. */
  readonly identity?: IdentityMode;
  /** AU1: the server's choice for the document. Default: `direct`. */
  readonly mode?: DocumentMode;
}

export interface Claim {
  readonly client: number;
  readonly userId: UserId;
}
export interface StoredSession {
  readonly session: SessionId;
  /** Every batch up to this one is in the log. */
  readonly seq: number;
}

export interface LogEntry {
  readonly cursor: Cursor;
  readonly session: SessionId;
  readonly userId: UserId;
  readonly upload: number;
  readonly seqTo: number;
  /** Owners of the client ids that have structs in `update`. */
  readonly owners: readonly Claim[];
  readonly update: Uint8Array;
}
export interface LogPage {
  readonly generation: number;
  readonly head: Cursor;
  /** Read on after this one. */
  readonly next: Cursor;
  readonly more: boolean;
  readonly entries: readonly LogEntry[];
  readonly sessions: readonly StoredSession[];
}

export interface SnapshotBody {
  readonly generation: number;
  readonly cursor: Cursor;
  /** SHA-256 of `payload`. */
  readonly hash: Uint8Array;
  /** `Coverage.encode()` of the payload. */
  readonly coverage: Uint8Array;
  readonly claims: readonly Claim[];
  readonly sessions: readonly StoredSession[];
  /** Yjs V2, made by the server. */
  readonly payload: Uint8Array;
}

/** One frozen upload (DU2). */
export interface UploadBatch {
  readonly session: SessionId;
  readonly upload: number;
  readonly seqTo: number;
  /** Ask the server to announce the new head to the room (SY10). */
  readonly announce: boolean;
  readonly adoption: boolean;
  readonly update: Uint8Array;
  /** DU8: `update` is another author's own, as that author signed it; absent: it is the uploader's word. */
  readonly proof?: AuthorProof;
  /** AU2: the room hears of these batches by the server only: this one up to `seqTo`. Absent: nothing to publish. */
  readonly seqFrom?: number;
  /** DU12: whose live words the update builds on, where the uploader has not read them in the log. Absent: nobody's. */
  readonly neighbours?: readonly Neighbour[];
}

/** Words under a client id as a session said them: another session may have said others under the same id. */
export interface Neighbour {
  readonly client: number;
  readonly session: SessionId;
}

export interface Receipt {
  readonly generation: number;
  readonly session: SessionId;
  readonly upload: number;
  /** SHA-256 of the update, 32 bytes. */
  readonly hash: Uint8Array;
  readonly cursor: Cursor;
  readonly seqTo: number;
  readonly signature: Uint8Array;
}

export interface Head {
  readonly generation: number;
  readonly cursor: Cursor;
  /** Whether the digests agree; null: not comparable (other head). */
  readonly match: boolean | null;
  /** `Y.encodeSnapshot` of the server's document, when `match` is false. */
  readonly state: Uint8Array | null;
  /** AC4: the one in force; absent: an older server. */
  readonly accessEpoch?: number;
}

/** The HTTP side, as the core sees it. Every method rejects with a `ServerFailure` and nothing else. */
export interface Server {
  negotiate(document: DocumentId, card: SessionCard, signal: AbortSignal): Promise<Ticket>;
  snapshot(document: DocumentId, ref: SnapshotRef, signal: AbortSignal): Promise<SnapshotBody>;
  log(document: DocumentId, generation: number, after: Cursor, signal: AbortSignal): Promise<LogPage>;
  upload(
    document: DocumentId,
    generation: number,
    batch: UploadBatch,
    options: { readonly keepalive: boolean },
    signal: AbortSignal,
  ): Promise<Receipt>;
  head(
    document: DocumentId,
    generation: number,
    cursor: Cursor,
    digest: Uint8Array,
    signal: AbortSignal,
  ): Promise<Head>;
}

/** Why the server did not do it. `kind` decides what the core does; `message` is for people. */
export class ServerFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "ServerFailure";
    this.failure = failure;
  }
}
export type Failure =
  /** No answer, a network error, 5xx, 429: try again, not before `retryAfterMs`. */
  | { readonly kind: "unreachable"; readonly message: string; readonly retryAfterMs: number | null }
  /** 401, 403, 404: final until the user acts. */
  | { readonly kind: "refused"; readonly message: string; readonly code: string }
  | { readonly kind: "cursor-gone"; readonly message: string; readonly snapshot: SnapshotRef | null }
  | { readonly kind: "generation-changed"; readonly message: string; readonly generation: number }
  /** Not from the server: what the copy on this device held is another user's (CN9). */
  | { readonly kind: "user-changed"; readonly message: string }
  | { readonly kind: "missing"; readonly message: string; readonly ranges: readonly ClockRange[] }
  /** 409 upload-conflict or upload-stale: this upload number is spent. */
  | { readonly kind: "upload-conflict"; readonly message: string }
  /** 409 session-taken: the server knows this session as another user's: begin a new one. */
  | { readonly kind: "session-taken"; readonly message: string }
  /** 409: another session's bytes may lie in the same place: read the log, compare, send what is left. */
  | { readonly kind: "overlap"; readonly message: string }
  /** 413, 422: these bytes will never be taken. */
  | { readonly kind: "invalid"; readonly message: string; readonly code: string }
  /** 507: the store is full; uploads wait. */
  | { readonly kind: "store-full"; readonly message: string; readonly retryAfterMs: number | null };

export interface ClockRange {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** Counts what was deliberately dropped, by stable reason; bounded set of reasons. */
export interface Drops {
  drop(reason: string): void;
}
