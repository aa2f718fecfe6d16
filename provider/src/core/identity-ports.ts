import type { SessionId } from "./ports.ts";

/** ID8: whom peers believe: the service's stamp, or nothing but signatures. */
export type IdentityMode = "stamped" | "signed";

/** ID8: shows who wrote a batch, to anybody who has the server's key. */
export interface AuthorProof {
  /** `encodeCertificate` of the author's session. */
  readonly certificate: Uint8Array;
  readonly session: SessionId;
  readonly counter: number;
  readonly seqFrom: number;
  readonly seqTo: number;
  /** SHA-256, 32 bytes. */
  readonly awarenessHash: Uint8Array;
  /** Ed25519 over `batchSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface Crypto {
  /** Ed25519. Resolves to false when it does not verify or cannot be checked here. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** ID7: a new Ed25519 key pair, whose private half never leaves; null: not possible here. Absent: never. */
  makeKey?(): Promise<SigningKey | null>;
}

export interface SigningKey {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519, 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
