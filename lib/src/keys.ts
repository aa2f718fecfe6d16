import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import type { DocumentId, GroupName, UserId } from "y-webpubsub/core";
import { type DocumentStore, type Signer, StoreError } from "./core/index.ts";

/** What all servers of one store share: made once, by whoever comes first. */
export interface ServerKeys {
  readonly signer: Signer;
  groupName(kind: "data" | "presence", document: DocumentId, generation: number, accessEpoch: number): GroupName;
  /** Every connection that a user has to a document. Nobody publishes there: it is what a revocation closes (AC2). */
  memberGroup(document: DocumentId, userId: UserId): GroupName;
  /** Every connection that a user has. */
  userGroup(userId: UserId): GroupName;
}

const keyBytes = 32;
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const letters = "abcdefghijklmnopqrstuvwxyz234567";

export async function openKeys(store: DocumentStore): Promise<ServerKeys> {
  const groupKey = await secret(store, "group-key");
  const seed = await secret(store, "server-key");
  const signer = ed25519(seed);
  const named = (...words: readonly (string | number)[]) =>
    base32(createHmac("sha256", groupKey).update(JSON.stringify(words)).digest()) as GroupName;
  return {
    signer,
    groupName: (kind, document, generation, accessEpoch) => named(kind, document, generation, accessEpoch),
    memberGroup: (document, userId) => named("member", document, userId),
    userGroup: (userId) => named("user", userId),
  };
}

async function secret(store: DocumentStore, name: string): Promise<Uint8Array> {
  const key = await store.secret(name, () => new Uint8Array(randomBytes(keyBytes)));
  if (key.length === keyBytes) return key;
  throw new StoreError(
    "corrupt",
    `The key "${name}" in the store has ${key.length} bytes, not ${keyBytes}. Restore it from a backup.`,
  );
}

/** ID5. */
function ed25519(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(spki.length - keyBytes)),
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  };
}

/** RFC 4648 without padding, in lower case. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let word = 0;
  let bits = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += letters.charAt((word >> (bits - 5)) & 31);
  }
  return bits === 0 ? text : text + letters.charAt((word << (5 - bits)) & 31);
}
