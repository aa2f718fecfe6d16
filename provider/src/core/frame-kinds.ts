import type { Notice } from "./notice.ts";
import type { Cursor, SessionId } from "./ports.ts";

export interface EditFrame {
  readonly kind: "edit";
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  /** Empty: presence did not change. */
  readonly awareness: Uint8Array;
}
/** SY15: a part of batches that are too large for an edit frame, while no server can be reached. */
export interface ChunkFrame {
  readonly kind: "chunk";
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly index: number;
  readonly count: number;
  readonly update: Uint8Array;
}
export interface PointerFrame {
  readonly kind: "pointer";
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly upload: number;
  readonly hash: Uint8Array;
}
/** AU3: the server's word that an upload is in the log, said by its author. */
export interface ReceiptFrame {
  readonly kind: "receipt";
  readonly session: SessionId;
  readonly upload: number;
  readonly hash: Uint8Array;
  readonly cursor: Cursor;
  readonly seqTo: number;
  /** Ed25519 of the server over `receiptSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}
/** ID5. */
export interface ServerFrame extends Notice {
  readonly kind: "server";
  /** Ed25519 over `noticeSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}
export interface PresenceFrame {
  readonly kind: "presence";
  readonly session: SessionId;
  readonly clientIds: readonly number[];
  /** Empty: the answer to a hello of a member without a state. */
  readonly awareness: Uint8Array;
}
export interface AskFrame {
  readonly kind: "ask";
  readonly session: SessionId;
  readonly wanted: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
}
export interface HelloFrame {
  readonly kind: "hello";
  readonly session: SessionId;
  readonly round: number;
  readonly clientIds: readonly number[];
}

/** ID7: who a session is: its certificate, its client ids and its whole presence. */
export interface CardFrame {
  readonly kind: "card";
  readonly session: SessionId;
  /** `encodeCertificate`. */
  readonly certificate: Uint8Array;
  readonly clientIds: readonly number[];
  readonly awareness: Uint8Array;
}
/** PR6: other members' signed cards, as they published them. */
export interface RosterFrame {
  readonly kind: "roster";
  readonly session: SessionId;
  /** Whole frames. */
  readonly cards: readonly Uint8Array[];
}
/** ID8: a frame under its session's own signature. */
export interface SignedFrame {
  readonly kind: "signed";
  /** Rises with each signed frame of a session. */
  readonly counter: number;
  readonly inner: PeerFrame;
  /** Ed25519 over `frameSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What members and the server publish into a group (docs/protocol.md, Frames). */
export type Frame = PeerFrame | SignedFrame | ServerFrame;
export type PeerFrame =
  | CardFrame
  | RosterFrame
  | EditFrame
  | ChunkFrame
  | { readonly kind: "tail"; readonly session: SessionId; readonly seq: number }
  | PointerFrame
  | ReceiptFrame
  | HelloFrame
  | PresenceFrame
  | { readonly kind: "bye"; readonly session: SessionId }
  | AskFrame
  | { readonly kind: "broadcast"; readonly session: SessionId; readonly number: number; readonly bytes: Uint8Array };
export type FrameKind = Frame["kind"];
