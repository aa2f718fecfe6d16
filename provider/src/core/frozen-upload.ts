import { assert } from "./assert.ts";
import { sha256 } from "./digest.ts";
import { mergeAll } from "./merge.ts";
import type { Batch } from "./outbox.ts";
import type { SessionId, UploadBatch } from "./ports.ts";
import { splitUpdate } from "./split.ts";

/** DU2: bytes that never change any more, and what their receipt will cover. */
export interface FrozenUpload {
  readonly number: number;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  readonly hash: Uint8Array;
  /** Local transactions in it; 0: adopted edits only. */
  readonly edits: number;
  readonly adoption: boolean;
}

/** Merges as many of the batches, oldest first, as the bytes allow; at least one. */
export function freezeBatches(batches: readonly Batch[], number: number, bytesMax: number): FrozenUpload {
  const taken: Batch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    bytes += batch.update.length;
    if (taken.length > 0 && bytes > bytesMax) break;
    taken.push(batch);
  }
  const first = taken[0];
  const last = taken.at(-1);
  assert(first !== undefined && last !== undefined, "an upload has a batch");
  const update = mergeAll(taken.map((batch) => batch.update));
  const edits = taken.reduce((sum, batch) => sum + batch.edits, 0);
  return { number, seqFrom: first.seqFrom, seqTo: last.seqTo, update, hash: sha256(update), edits, adoption: false };
}

/** DU7: the first part of what the server lacks, as large as the bytes allow. It covers no batch beyond `seq`. */
export function freezePart(lacked: Uint8Array, seq: number, number: number, bytesMax: number): FrozenUpload {
  const update = splitUpdate(lacked, bytesMax)[0] ?? lacked;
  return freezeBatches([{ seqFrom: seq, seqTo: seq, update, edits: 0 }], number, bytesMax);
}

export function wireBatch(upload: FrozenUpload, session: SessionId, announce: boolean): UploadBatch {
  const { number, seqTo, adoption, update } = upload;
  return { session, upload: number, seqTo, announce, adoption, update };
}
