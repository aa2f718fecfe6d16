import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Crypto } from "y-webpubsub/core";

const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** The server's key pair of every world: fixed, so that signatures repeat. */
export const privateKey: KeyObject = createPrivateKey({
  key: Buffer.concat([pkcs8Head, Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
export const publicKey: Uint8Array = new Uint8Array(
  createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(spkiHead.length),
);

export function signBytes(message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}

/** Synchronous under the hood: no thread takes part, so the order of events repeats. */
export const ed25519: Crypto = {
  verify(key, message, signature) {
    const spki = Buffer.concat([spkiHead, key]);
    const known = createPublicKey({ key: spki, format: "der", type: "spki" });
    return Promise.resolve(verify(null, message, known, signature));
  },
};
