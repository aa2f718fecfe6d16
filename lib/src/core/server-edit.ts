import {
  type Claim,
  type Cursor,
  type DocumentId,
  type SessionId,
  sha256,
  type UserId,
  unreachable,
} from "y-webpubsub/core";
import type { DocumentLog } from "./document-log.ts";
import type { DocumentStore } from "./document-store.ts";
import type { WallClock } from "./ports.ts";

/** What the server itself writes into a document: a restore, an agent's edit, an import. */
export interface ServerEdit {
  readonly session: SessionId;
  /** Whom history names. */
  readonly userId: UserId;
  readonly upload: number;
  readonly seqTo: number;
  /** The client id of all structs in `update`. */
  readonly client: number;
  readonly update: Uint8Array;
}

export type Wrote =
  | { readonly outcome: "stored"; readonly cursor: Cursor }
  /** The session has used this number; what it wrote then stands. */
  | { readonly outcome: "spent" }
  | { readonly outcome: "head-changed" }
  /** The client id is another user's. */
  | { readonly outcome: "foreign-client" }
  | { readonly outcome: "generation-changed"; readonly generation: number };

export interface ServerEditPorts {
  readonly store: DocumentStore;
  readonly clock: WallClock;
}

/** SE1: appends past admission: the server made the update of its own log, so it is sound and applicable. */
export async function writeEdit(
  document: DocumentId,
  log: DocumentLog,
  ports: ServerEditPorts,
  edit: ServerEdit,
  at: { readonly generation: number; readonly head?: Cursor },
): Promise<Wrote> {
  const { session, userId, upload, seqTo, client, update } = edit;
  const claim: Claim = { client, userId };
  const [owner] = await ports.store.claim(document, [claim]);
  if (owner?.userId !== userId) return { outcome: "foreign-client" };
  const hash = sha256(update);
  const entry = { session, userId, upload, seqTo, hash, owners: [claim], atMs: ports.clock.now(), update };
  try {
    const appended = await ports.store.append(document, at.generation, entry, at.head);
    switch (appended.outcome) {
      case "stored":
        return { outcome: "stored", cursor: appended.cursor };
      case "duplicate":
      case "conflict":
      case "stale":
        return { outcome: "spent" };
      case "head-changed":
        return { outcome: "head-changed" };
      case "generation-changed":
        return appended;
      default:
        throw unreachable(appended);
    }
  } finally {
    // What is in memory lacks the entry, or may.
    log.forget();
  }
}
