import { createPublicKey, verify } from "node:crypto";
import {
  batchSigningBytes,
  bytesEqual,
  type Certificate,
  certificateSigningBytes,
  type DocumentId,
  decodeCertificate,
  encodeCertificate,
  type UploadBatch,
  type UserId,
} from "y-webpubsub/core";
import type { Signer } from "./ports.ts";

const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** ID7: the server's word on who a session is, as it travels. */
export function certify(signer: Signer, document: DocumentId, certificate: Certificate): Uint8Array {
  const signature = signer.sign(certificateSigningBytes(document, certificate));
  return encodeCertificate({ certificate, signature });
}

export interface ProofPlace {
  readonly document: DocumentId;
  readonly generation: number;
  /** The server's own key, raw. */
  readonly serverKey: Uint8Array;
}

/**
 * DU8: whose batch it is, by the author's own signature under exactly these bytes; null when the proof does not hold.
 * The certificate may have expired and be of an older access epoch: the edit was made when it was in force.
 */
export function authorOf(batch: UploadBatch, { document, generation, serverKey }: ProofPlace): UserId | null {
  const { proof, update } = batch;
  if (proof === undefined) return null;
  const decoded = decodeCertificate(proof.certificate);
  if (!decoded.ok) return null;
  const { certificate, signature } = decoded.value;
  const { key } = certificate;
  const isHere = certificate.generation === generation && certificate.session === proof.session;
  if (key === null || !isHere || certificate.role !== "writer") return null;
  if (!verifies(serverKey, certificateSigningBytes(document, certificate), signature)) return null;
  const words = batchSigningBytes({ document, generation }, { ...proof, update });
  return verifies(key, words, proof.signature) ? certificate.userId : null;
}

/** The last few keys: Node takes longer to read one than to verify with it. */
const recent: { readonly raw: Uint8Array; readonly key: ReturnType<typeof createPublicKey> }[] = [];
const recentMax = 64;

function verifies(raw: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const found = recent.find((other) => bytesEqual(other.raw, raw));
  if (found !== undefined) return verify(null, message, found.key, signature);
  const key = createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: "der", type: "spki" });
  recent.push({ raw, key });
  if (recent.length > recentMax) recent.shift();
  return verify(null, message, key, signature);
}
