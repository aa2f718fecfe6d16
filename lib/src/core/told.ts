import {
  type DocumentMode,
  limits,
  liveLimits,
  type NoticeContent,
  type UploadBatch,
  type UserId,
  validateUpdate,
} from "y-webpubsub/core";
import type { Stored } from "./document-answers.ts";

/** AU2, SY10: what a room is told of an upload that is in the log now; null: its author tells the room. */
export function toldOf(
  mode: DocumentMode,
  { seqFrom, seqTo, session, update, announce }: UploadBatch,
  userId: UserId,
  { receipt, owners }: Stored,
): NoticeContent | null {
  const head: NoticeContent = { type: "stored", cursor: receipt.cursor };
  if (mode === "direct") return announce ? head : null;
  // What is too much for a live frame, or says nothing of batches, is read from the log.
  if (seqFrom === undefined || !isLive(update)) return head;
  return { type: "entries", entries: [{ session, userId, seqFrom, seqTo, owners, update }] };
}

function isLive(update: Uint8Array): boolean {
  return update.length <= limits.syncLimits.frameBytesMax && validateUpdate(update, liveLimits).ok;
}
