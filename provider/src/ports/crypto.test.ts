import { generateKeyPairSync, sign } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { webCrypto } from "./crypto.ts";

const pair = generateKeyPairSync("ed25519");
const publicKey = new Uint8Array(pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const message = new TextEncoder().encode("stored");
const signature = new Uint8Array(sign(null, message, pair.privateKey));

describe("Ed25519 through WebCrypto", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("ID5 verifies an honest signature, also in views over larger buffers", async () => {
    const wide = new Uint8Array(100);
    wide.set(message, 50);
    expect(await webCrypto().verify(publicKey, wide.subarray(50, 50 + message.length), signature)).toBe(true);
  });

  test("ID5 refuses another message, another signature and a key that is none", async () => {
    expect(await webCrypto().verify(publicKey, Uint8Array.of(1), signature)).toBe(false);
    expect(await webCrypto().verify(publicKey, message, signature.toReversed())).toBe(false);
    expect(await webCrypto().verify(publicKey.subarray(1), message, signature)).toBe(false);
    expect(await webCrypto().verify(publicKey, message, new Uint8Array(0))).toBe(false);
  });

  test("ID7 makes a key pair whose signatures verify, and none where WebCrypto is missing", async () => {
    const key = await webCrypto().makeKey?.();
    if (!key) throw new Error("Node has Ed25519");
    expect(key.publicKey).toHaveLength(32);
    const made = await key.sign(message);
    expect(await webCrypto().verify(key.publicKey, message, made)).toBe(true);
    expect(await webCrypto().verify(key.publicKey, Uint8Array.of(1), made)).toBe(false);
    vi.stubGlobal("crypto", { getRandomValues: () => undefined });
    expect(await webCrypto().makeKey?.()).toBeNull();
  });

  test("verifies nothing where WebCrypto is missing", async () => {
    vi.stubGlobal("crypto", { getRandomValues: () => undefined });
    expect(await webCrypto().verify(publicKey, message, signature)).toBe(false);
  });
});
