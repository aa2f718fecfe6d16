import type { Crypto } from "../core/ports.ts";

/**
 * Ed25519 through WebCrypto. Where WebCrypto is missing (a page without HTTPS) or does not know Ed25519, nothing
 * verifies: server frames are then ignored and their news arrives with the next look at the log.
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
  };
}

/** WebCrypto takes no views over shared memory; a copy is never one. */
function exact(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
