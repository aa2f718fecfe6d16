import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type {
  Clock,
  Crypto,
  Cursor,
  DocumentId,
  Drops,
  IdentityMode,
  Random,
  Role,
  Server,
  SessionId,
  Tabs,
  Transport,
  UserId,
} from "./ports.ts";

/** Everything outside the core. The replica owns none of it and closes only the links it opened. */
export interface ReplicaPorts {
  readonly transport: Transport;
  readonly server: Server;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly drops: Drops;
  /** Default: no other tabs. */
  readonly tabs?: Tabs;
}

export interface ReplicaOptions {
  /** Never destroyed by the replica. Local edits are all `update` events whose origin is not `origin`. */
  readonly doc: Y.Doc;
  /** A real y-protocols Awareness; its own timer is cleared for good (PR1). Never destroyed by the replica. */
  readonly awareness: Awareness;
  readonly document: DocumentId;
  /** Fresh for each replica: a session's numbers must never start twice (see `makeSessionId`). */
  readonly session: SessionId;
  readonly ports: ReplicaPorts;
  /** Called on the replica's own turn, after the state behind the event is in place; what it throws reaches the turn's caller. */
  readonly emit: (event: ReplicaEvent) => void;
  /** Transaction origin of everything the replica applies to `doc` and `awareness`. Default: the replica itself. */
  readonly origin?: unknown;
  /** A copy on this device that writes into `doc`. Default: none. */
  readonly copy?: StoredCopy;
  /** ID8: `signed`: publishes signed frames and believes nothing else. Default: `stamped`, unless the ticket says more. */
  readonly identity?: IdentityMode;
  /** Default: `responsive`, without a budget. */
  readonly pace?: PaceOptions;
  /** After `reload`: what the replica before this one told last, so that every change since is told. Default: nothing. */
  readonly told?: Report;
}

/** What the replica must know of a local copy of its document. */
export interface StoredCopy {
  /** Whether the copy applied a transaction of that origin: then it is no edit of this session. */
  isOrigin(origin: unknown): boolean;
  /** Of the content that was loaded; null: it never met the server. Another one than the server's leads to `reload`. */
  readonly generation: number | null;
  /** Whose that is; null as well then. */
  readonly userId: UserId | null;
}

/** What y-websocket calls status, and `refused`: final until `connect()`. */
export type Status = "connecting" | "connected" | "disconnected" | "refused";

/** How edits travel now: through the service, by HTTP polling (SY10), or not at all. */
export type LinkState = "live" | "polling" | "offline";

/**
 * `unknown` until the first join has compared the document with the server's coverage (DU5); `at-risk`: unsaved edits
 * whose last upload failed, or that nobody may or can upload now.
 */
export type SaveState = "unknown" | "saved" | "saving" | "at-risk";

/** The values behind the state events. */
export interface Report {
  readonly status: Status;
  readonly reason: string | null;
  readonly link: LinkState;
  readonly synced: boolean;
  readonly unsyncedChanges: number;
  readonly saveState: SaveState;
  readonly role: Role | null;
}

export interface Sender {
  readonly session: SessionId;
  readonly userId: UserId;
}

/**
 * Message units of 2 KB as the service bills them for deliveries, by both rules found in its documents: each delivery
 * rounded up, or all bytes together (a fraction).
 */
export interface BilledUnits {
  readonly perMessage: number;
  readonly perByte: number;
}

/** Frames on the service. Bytes are the frames' own, without the service's envelope; units are with it, estimated. */
export interface KindTraffic {
  readonly framesIn: number;
  readonly bytesIn: number;
  /** For deliveries to this session. */
  readonly unitsIn: BilledUnits;
  readonly framesOut: number;
  readonly bytesOut: number;
  /** For deliveries of this session's frames to all others who were known to be there. */
  readonly unitsOut: BilledUnits;
}

export interface Traffic extends KindTraffic {
  /** The same by kind of frame (docs/protocol.md, Frames); `unreadable`: what was no frame. */
  readonly kinds: Readonly<Record<string, KindTraffic>>;
}

/** `responsive`: small delays; `economy`: few units. The numbers are `paceLimits`. */
export type Policy = "responsive" | "economy";

export interface PaceOptions {
  readonly policy: Policy;
  /** Delays grow as this is used up: what the service may bill in an hour for this session's frames. Null: no bound. */
  readonly unitsPerHour: number | null;
}

/** State events are emitted when the value changed, never twice with the same one. */
export type ReplicaEvent =
  /** `reason` is null unless the status is `disconnected` or `refused`. */
  | { readonly type: "status"; readonly status: Status; readonly reason: string | null }
  | { readonly type: "link"; readonly link: LinkState }
  | { readonly type: "synced"; readonly synced: boolean }
  /** A receipt came; `cursor` is where the upload lies in the log, not the read position (DU4). */
  | { readonly type: "saved"; readonly cursor: Cursor }
  /** Local transactions that no receipt covers yet. */
  | { readonly type: "unsynced-changes"; readonly count: number }
  | { readonly type: "save-state"; readonly state: SaveState }
  /** ID11, DU12: the replica goes on in a new session, on the same document. */
  | { readonly type: "session"; readonly session: SessionId }
  | { readonly type: "role"; readonly role: Role }
  | { readonly type: "broadcast"; readonly from: Sender; readonly bytes: Uint8Array }
  /**
   * The document is of no use any more. `doc` holds the server's content; make a new replica with it. This one has stopped for good; the old Y.Doc is
   * untouched, for export.
   */
  | { readonly type: "reload"; readonly doc: Y.Doc; readonly reason: ReloadReason }
  /** Something failed that people may want to see; the replica goes on by itself unless the status says `refused`. */
  | { readonly type: "connection-error"; readonly code: string; readonly message: string };

/** Why a document was replaced. */
export type ReloadReason =
  /** It was deleted or reset on the server, and is made anew (SE4). */
  | "generation-changed"
  /** It came from the copy on this device, which another user made (CN9). */
  | "user-changed"
  /** The server refused as invalid what was applied here (DU9). */
  | "update-rejected"
  /** Yjs could not apply what the server has. */
  | "document-broken"
  /** It held other words than the server under the same ids, and more was built on them (DU12). */
  | "client-clash"
  /** It held words of somebody absent that only they could save (SY9). */
  | "never-saved";

/** Why the page thinks that the network or the tab came back (CN8). */
export type WakeReason = "online" | "focus" | "resume";

export interface FlushOptions {
  /** The page goes away: the upload must outlive it (at most 64 KB), and presence says bye (PR3). */
  readonly keepalive: boolean;
}

/** `offline`: there is no live link; `full`: the line's backlog is over its bound; nothing was sent in both cases. */
export type BroadcastResult = "sent" | "nobody-there" | "offline" | "too-large" | "full";

/** The public face of `Replica`. Methods may be called at any time, also inside `emit`, and never throw. */
export interface ReplicaLike {
  readonly status: Status;
  readonly link: LinkState;
  readonly synced: boolean;
  readonly saveState: SaveState;
  /** Local transactions without a receipt. */
  readonly unsyncedChanges: number;
  /** Null before the first ticket. */
  readonly role: Role | null;
  /** The read position in the log; null before the first page or snapshot was applied. */
  readonly cursor: Cursor | null;
  readonly generation: number | null;
  readonly traffic: Traffic;
  /** Sizes of the bounded queues, for health checks and tests; each stays within `limits.ts`. */
  readonly queues: ReplicaQueues;
  /** Before `connect()`: the local copy is in the document; what the server lacks of it is uploaded (DU6). */
  loaded(): void;
  /** Negotiates and dials; ends a wait or a refusal at once. Idempotent. */
  connect(): void;
  /** Says bye, closes the link, stops polling and checks; sends what is unsaved once more. `connect()` starts anew. */
  disconnect(): void;
  /** `disconnect()` and then nothing ever again: no timer, listener or event is left. A last keepalive upload is sent. */
  destroy(): void;
  wake(reason: WakeReason): void;
  /** Publishes and uploads pending edits now (DU1). */
  flush(options: FlushOptions): void;
  broadcast(bytes: Uint8Array): BroadcastResult;
}

export interface ReplicaQueues {
  /** Edit frames that wait for the log of the join. */
  readonly buffered: number;
  /** Frames that are not applicable yet (SY11). */
  readonly held: number;
  readonly unsavedBatches: number;
  /** Sessions whose frames are known to be missing (SY8). */
  readonly openGaps: number;
}
