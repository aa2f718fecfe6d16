import { assert } from "./assert.ts";
import { sha256 } from "./digest.ts";
import { mergeAll } from "./merge.ts";
import type { Batch } from "./outbox.ts";
import type { AuthorProof, DocumentMode, SessionId, UploadBatch } from "./ports.ts";
import type { ProvenBatch } from "./signed-batches.ts";
import { splitUpdate } from "./split.ts";
import type { UploadEvents } from "./upload-events.ts";

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
  /** DU8. */
  readonly proof: AuthorProof | null;
}

/** Merges as many of the batches, oldest first, as the bytes allow, adopted ones apart; at least one. */
export function freezeBatches(batches: readonly Batch[], number: number, bytesMax: number): FrozenUpload {
  const taken: Batch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    bytes += batch.update.length;
    if (taken.length > 0 && (bytes > bytesMax || batch.adoption !== taken[0]?.adoption)) break;
    taken.push(batch);
  }
  const first = taken[0];
  const last = taken.at(-1);
  assert(first !== undefined && last !== undefined, "an upload has a batch");
  const update = mergeAll(taken.map((batch) => batch.update));
  const edits = taken.reduce((sum, batch) => sum + batch.edits, 0);
  return {
    number,
    seqFrom: first.seqFrom,
    seqTo: last.seqTo,
    update,
    hash: sha256(update),
    edits,
    adoption: first.adoption === true,
    proof: null,
  };
}

/** DU7: the first part of what the server lacks, as large as the bytes allow. It covers no batch beyond `seq`. */
export function freezePart(lacked: Uint8Array, seq: number, number: number, bytesMax: number): FrozenUpload {
  const update = splitUpdate(lacked, bytesMax)[0] ?? lacked;
  return freezeBatches([{ seqFrom: seq, seqTo: seq, update, edits: 0 }], number, bytesMax);
}

/** DU8: an author's own signed batch. It covers no batch of this session beyond `seq`. */
export function freezeProven(batch: ProvenBatch, seq: number, number: number, bytesMax: number): FrozenUpload {
  const frozen = freezeBatches([{ seqFrom: seq, seqTo: seq, update: batch.update, edits: 0 }], number, bytesMax);
  return { ...frozen, adoption: true, proof: batch.proof };
}

/** DU2: other bytes for the same batches. A proof speaks of the bytes that it came with only. */
export function renumber(upload: FrozenUpload, update: Uint8Array, number: number, bytesMax: number): FrozenUpload {
  const { seqFrom, seqTo, edits, adoption } = upload;
  const next = freezeBatches([{ seqFrom, seqTo, update, edits }], number, bytesMax);
  return { ...next, adoption, proof: update === upload.update ? upload.proof : null };
}

export function wireBatch(
  upload: FrozenUpload,
  session: SessionId,
  mode: DocumentMode | undefined,
  events: Pick<UploadEvents, "mustAnnounce" | "neighbours">,
): UploadBatch {
  const { number, seqFrom, seqTo, edits, adoption, update, proof } = upload;
  const isLive = mode === "authoritative" && edits > 0 && !adoption;
  const announce = events.mustAnnounce();
  const batch = { session, upload: number, seqTo, announce, adoption, update, ...(isLive ? { seqFrom } : {}) };
  // What an absent author's words stood beside, nobody can say for it.
  if (proof !== null) return { ...batch, proof };
  const neighbours = events.neighbours(update);
  return neighbours.length === 0 ? batch : { ...batch, neighbours };
}
