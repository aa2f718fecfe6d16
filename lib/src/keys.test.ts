import { createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { openKeys } from "./keys.ts";
import { MemoryStore } from "./storage/memory.ts";

const document = "d" as DocumentId;

describe("the server's keys", () => {
  test("are made once in the store and shared by all servers of it", async () => {
    const store = new MemoryStore();
    await store.open();
    const [one, two] = await Promise.all([openKeys(store), openKeys(store)]);
    const other = new MemoryStore();
    await other.open();
    const foreign = await openKeys(other);
    expect(one.signer.publicKey).toEqual(two.signer.publicKey);
    expect(one.groupName("data", document, 1, 1)).toBe(two.groupName("data", document, 1, 1));
    expect(foreign.signer.publicKey).not.toEqual(one.signer.publicKey);
    expect(foreign.groupName("data", document, 1, 1)).not.toBe(one.groupName("data", document, 1, 1));
  });

  test("ID5 the published key verifies what was signed", async () => {
    const store = new MemoryStore();
    await store.open();
    const { signer } = await openKeys(store);
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), signer.publicKey]);
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    const words = Buffer.from("words");
    expect(verify(null, words, key, signer.sign(words))).toBe(true);
    expect(verify(null, Buffer.from("other"), key, signer.sign(words))).toBe(false);
  });

  test("every part of a group's name changes it", async () => {
    const store = new MemoryStore();
    await store.open();
    const { groupName } = await openKeys(store);
    const names = [
      groupName("data", document, 1, 1),
      groupName("presence", document, 1, 1),
      groupName("data", "e" as DocumentId, 1, 1),
      groupName("data", document, 2, 1),
      groupName("data", document, 1, 2),
    ];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z2-7]{52}$/);
  });

  test("a key that is damaged in the store is an error, never a new key", async () => {
    const store = new MemoryStore();
    await store.open();
    await store.secret("server-key", () => new Uint8Array(5));
    await expect(openKeys(store)).rejects.toMatchObject({ code: "corrupt" });
  });
});
