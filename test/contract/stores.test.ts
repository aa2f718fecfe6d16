import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore, MemoryTable } from "y-webpubsub-server/storage/memory";
import { registerStoreContract } from "./document-store.ts";
import { underTest } from "./under-test.ts";

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
