import type { Crypto, SigningKey } from "../core/ports.ts";

/**
 * Ed25519 through WebCrypto. Where WebCrypto is missing (a page without HTTPS) or does not know Ed25519, nothing
 * verifies and no key is made: server frames are then ignored, and their news arrives with the next look at the log.
 */
export function webCrypto(): Crypto {
  return {
    async verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
      const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
      if (subtle === undefined) return false;
      try {
        const key = await subtle.importKey("raw", exact(publicKey), "Ed25519", false, ["verify"]);
        return await subtle.verify("Ed25519", key, exact(signature), exact(message));
      } catch {
        // A key that is no key, or a platform without Ed25519: the contract calls both "does not verify".
        return false;
      }
    },
    async makeKey(): Promise<SigningKey | null> {
      const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
      if (subtle === undefined) return null;
      try {
        const pair = await subtle.generateKey("Ed25519", false, ["sign", "verify"]);
        if (!("privateKey" in pair)) return null;
        const publicKey = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
        return {
          publicKey,
          sign: async (message) => new Uint8Array(await subtle.sign("Ed25519", pair.privateKey, exact(message))),
        };
      } catch {
        // A platform without Ed25519.
        return null;
      }
    },
  };
}

/** WebCrypto takes no views over shared memory; a copy is never one. */
function exact(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
