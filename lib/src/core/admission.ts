import {
  bytesEqual,
  type Claim,
  type ClockRange,
  type Cursor,
  type IdentityMode,
  type SessionId,
  type StructRange,
  sha256,
  type UpdateSummary,
  type UploadBatch,
  type UserId,
  uploadLimits,
  validateUpdate,
} from "y-webpubsub/core";
import type { DocumentState } from "./document-state.ts";

/** Why an upload is not taken; nothing was stored. */
export type Refusal =
  /** 422: these bytes will never be taken. */
  | { readonly outcome: "update-invalid"; readonly problem: string }
  /** 409: ranges that must come first (DU7). */
  | { readonly outcome: "missing"; readonly ranges: readonly ClockRange[] }
  /** 409: the number was used for other bytes (DU2). */
  | { readonly outcome: "upload-conflict" }
  /** 409: the session is another user's (ID11). */
  | { readonly outcome: "session-taken" }
  /** 409: the session has uploaded later numbers. */
  | { readonly outcome: "upload-stale" }
  /** 422: the proof of another author does not hold (DU8). */
  | { readonly outcome: "proof-invalid" }
  /** 422: structs of another user's client id (DU8). */
  | { readonly outcome: "foreign-client" }
  /** 409: another session's structs lie where these would lie or where they build on, and nobody has compared them (DU12). */
  | { readonly outcome: "overlap" }
  /** 409: an adoption whose owner was active a moment ago, and may yet upload (DU8). */
  | { readonly outcome: "owner-active" }
  | { readonly outcome: "generation-changed"; readonly generation: number };

export type Verdict =
  | {
      readonly outcome: "admitted";
      readonly hash: Uint8Array;
      /** Client ids that this upload is the first to bring. */
      readonly claims: readonly Claim[];
      readonly clients: readonly number[];
      readonly summary: UpdateSummary;
      readonly author: UserId;
      /** What is to be stored: the batch, or the part of it that was asked for. */
      readonly update: Uint8Array;
    }
  | { readonly outcome: "repeated"; readonly hash: Uint8Array; readonly cursor: Cursor; readonly seqTo: number }
  | Refusal;

/** Who uploads, and whose bytes they are. */
export interface Uploader {
  readonly userId: UserId;
  /** DU8: whom the batch's proof names; the uploader when it has none, null when it does not hold. */
  readonly author: UserId | null;
  readonly identity: IdentityMode;
  /** DU12: the upload was compared with the whole log as it is now, and says the same. */
  readonly agrees: boolean;
  /** DU8: what of the batch can be stored before what else it needs. */
  readonly part: Uint8Array | undefined;
}

/** Decides about one upload by what the server knows; changes nothing. */
export function admit(
  state: DocumentState,
  batch: UploadBatch,
  { userId, author, identity, agrees, part }: Uploader,
  generation: number,
  nowMs: number,
): Verdict {
  if (generation !== state.generation) return { outcome: "generation-changed", generation: state.generation };
  if (!state.isFree(batch.session, userId)) return { outcome: "session-taken" };
  const hash = sha256(batch.update);
  const last = state.sessions.get(batch.session);
  if (last && last.upload === batch.upload) {
    if (!bytesEqual(last.hash, hash)) return { outcome: "upload-conflict" };
    if (state.isVoid(batch.session, batch.upload)) return { outcome: "overlap" };
    return { outcome: "repeated", hash, cursor: last.cursor, seqTo: last.seqTo };
  }
  if (last && last.upload > batch.upload) return { outcome: "upload-stale" };
  if (author === null) return { outcome: "proof-invalid" };
  const update = part ?? batch.update;
  const read = validateUpdate(update, uploadLimits);
  if (!read.ok) return { outcome: "update-invalid", problem: read.problem };
  if (read.summary.structs.some((range) => range.kind === "skip"))
    return { outcome: "update-invalid", problem: "skip-struct" };
  const missing = state.coverage.missingFor(read.summary);
  const claims: Claim[] = [];
  const clients = new Set(read.summary.structs.map((range) => range.client));
  for (const client of clients) {
    const owner = state.claims.get(client);
    // DU8: whoever adopts may be anybody but the author; where batches are signed, only an author brings new ids.
    if (owner === undefined && (!batch.adoption || identity === "signed")) claims.push({ client, userId: author });
    if (owner === undefined || owner === author || !addsStructs(state, read.summary, client)) continue;
    // ID8: where batches are signed, nothing but the author's signature speaks for the author.
    if (!batch.adoption || identity === "signed") return { outcome: "foreign-client" };
    if (!state.isSilent(owner, nowMs)) return { outcome: "owner-active" };
  }
  if (missing.length > 0) return { outcome: "missing", ranges: missing };
  if (!agrees && state.overlaps(read.summary, writerOf(batch), author)) return { outcome: "overlap" };
  if (batch.neighbours?.some((neighbour) => !state.isSaidBy(neighbour))) return { outcome: "overlap" };
  return { outcome: "admitted", hash, claims, clients: [...clients], summary: read.summary, author, update };
}

/** DU12: the session that wrote the batch: an adopter's proof names another one than uploads it. */
export function writerOf({ session, proof }: UploadBatch): SessionId {
  return proof?.session ?? session;
}

/** Known structs say nothing new. */
function addsStructs(state: DocumentState, summary: UpdateSummary, client: number): boolean {
  return newStructs(state, summary, client).length > 0;
}

function newStructs(state: DocumentState, summary: UpdateSummary, client: number): StructRange[] {
  const known = state.coverage.clock(client);
  return summary.structs.filter((range) => range.client === client && end(range) > known);
}

function end(range: StructRange): number {
  return range.clock + range.length;
}
