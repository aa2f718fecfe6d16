import * as encoding from "lib0/encoding";
import { sha256 } from "./digest.ts";
import { encodeFrame, type PeerFrame } from "./frame.ts";
import type { DocumentId, SessionId } from "./ports.ts";
import { sessionToBytes } from "./session-id.ts";

/** What a session signs of a batch of edits (ID8): enough to show later, without the frame, who wrote it. */
export interface BatchWords {
  readonly session: SessionId;
  readonly counter: number;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  /** SHA-256 of the presence that rode in the same frame. */
  readonly awarenessHash: Uint8Array;
}

/** Where a signature counts: nowhere else. */
export interface SigningPlace {
  readonly document: DocumentId;
  readonly generation: number;
}

/** ID8: the bytes under the signature of a member's frame. */
export function frameSigningBytes(place: SigningPlace, counter: number, frame: PeerFrame): Uint8Array {
  if (frame.kind === "edit") {
    const { session, seqFrom, seqTo, update, awareness } = frame;
    return batchSigningBytes(place, { session, counter, seqFrom, seqTo, update, awarenessHash: sha256(awareness) });
  }
  const encoder = begin("y-webpubsub/1/frame", place);
  encoding.writeVarUint(encoder, counter);
  encoding.writeUint8Array(encoder, encodeFrame(frame));
  return encoding.toUint8Array(encoder);
}

/** ID8, DU8: the bytes under the signature of a batch, also long after its frame. */
export function batchSigningBytes(place: SigningPlace, batch: BatchWords): Uint8Array {
  const encoder = begin("y-webpubsub/1/batch", place);
  encoding.writeUint8Array(encoder, sessionToBytes(batch.session));
  for (const number of [batch.counter, batch.seqFrom, batch.seqTo]) encoding.writeVarUint(encoder, number);
  encoding.writeUint8Array(encoder, sha256(batch.update));
  encoding.writeUint8Array(encoder, batch.awarenessHash);
  return encoding.toUint8Array(encoder);
}

function begin(label: string, { document, generation }: SigningPlace): encoding.Encoder {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, new TextEncoder().encode(label));
  encoding.writeVarString(encoder, document);
  encoding.writeVarUint(encoder, generation);
  return encoder;
}
