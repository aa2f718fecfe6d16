import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Clock, Crypto } from "y-webpubsub/core";
import type { SeededRandom } from "./random.ts";

const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** The server's key pair of every world: fixed, so that signatures repeat. */
const serverPair = keyPair(Buffer.alloc(32, 7));
export const { privateKey, publicKey }: KeyPair = serverPair;

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

function keyPair(seed: Buffer): KeyPair {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return { privateKey: key, publicKey: new Uint8Array(spki.subarray(spkiHead.length)) };
}

export function signBytes(message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}

/** Each signature is checked by everybody who hears it: the answer is the same. A new world's keys are new. */
const verdicts = new Map<string, boolean>();
const verdictsMax = 4_096;

/** Reading a key takes longer than checking a signature with it. */
const publicKeys = new Map<string, KeyObject>();
const publicKeysMax = 256;

function publicKeyOf(key: Uint8Array): KeyObject {
  const name = Buffer.from(key).toString("latin1");
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  if (publicKeys.size >= publicKeysMax) publicKeys.clear();
  const read = createPublicKey({ key: Buffer.concat([spkiHead, key]), format: "der", type: "spki" });
  publicKeys.set(name, read);
  return read;
}

function holds(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const asked = [key, message, signature].map((bytes) => Buffer.from(bytes).toString("latin1")).join();
  const known = verdicts.get(asked);
  if (known !== undefined) return known;
  if (verdicts.size >= verdictsMax) verdicts.clear();
  const verdict = verify(null, message, publicKeyOf(key), signature);
  verdicts.set(asked, verdict);
  return verdict;
}

/**
 * Synchronous under the hood: no thread takes part, so the order of events repeats. Keys come from the seed. What takes
 * time takes its own, as on a browser's threads: later calls may be done first.
 */
export function ed25519(random: SeededRandom, time: { readonly clock: Clock; readonly longestMs: number }): Crypto {
  const pauses = random.fork("pauses");
  async function pause(): Promise<void> {
    if (time.longestMs === 0) return;
    await new Promise<void>((resolve) => void time.clock.after(pauses.next() * time.longestMs, resolve));
  }
  return {
    async verify(key, message, signature) {
      await pause();
      return holds(key, message, signature);
    },
    async makeKey() {
      const pair = keyPair(Buffer.from(random.bytes(32)));
      await pause();
      return {
        publicKey: pair.publicKey,
        async sign(message: Uint8Array) {
          await pause();
          return new Uint8Array(sign(null, message, pair.privateKey));
        },
      };
    },
  };
}
