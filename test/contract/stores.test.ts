import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore, MemoryTable } from "y-webpubsub-server/storage/memory";
import { registerStoreContract, type StoreUnderTest } from "./document-store.ts";

registerStoreContract("MemoryStore", () => {
  const table = new MemoryTable();
  return underTest((now) => new MemoryStore({ table, now }));
});

registerStoreContract("LevelStore", async () => {
  const path = await mkdtemp(join(tmpdir(), "y-webpubsub-store-"));
  return underTest(
    (now) => new LevelStore({ path, now }),
    () => rm(path, { recursive: true }),
  );
});

async function underTest(
  make: (now: () => number) => MemoryStore | LevelStore,
  remove: () => Promise<void> = async () => undefined,
): Promise<StoreUnderTest> {
  const clock = { nowMs: 1_700_000_000_000 };
  const opened = async () => {
    const store = make(() => clock.nowMs);
    await store.open();
    return store;
  };
  const store = await opened();
  let current = store;
  return {
    store,
    clock,
    async reopen() {
      await current.close();
      current = await opened();
      return current;
    },
    async close() {
      await store.close();
      await current.close();
      await remove();
    },
  };
}
