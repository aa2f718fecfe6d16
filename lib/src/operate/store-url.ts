import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { DocumentStore, HistoryStore } from "../core/index.ts";

/** What the tools need of a store. */
export type FullStore = DocumentStore & HistoryStore;

/** A setting that cannot be used; the message says what to do. */
export class SettingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SettingError";
  }
}

/**
 * A store by its URL, not opened yet. The stores that need a package of their own are loaded only when they are asked
 * for. Throws a `SettingError` for a URL that names no store, or one whose package is missing.
 */
export async function storeByUrl(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<FullStore> {
  const scheme = /^([a-z-]+):/.exec(url)?.[1] ?? "";
  const rest = url.slice(scheme.length + 1);
  switch (scheme) {
    case "memory": {
      const { MemoryStore } = await import("../storage/memory.ts");
      return new MemoryStore();
    }
    case "level": {
      if (rest === "") throw new SettingError("--store level: names no directory. Write level:./data.");
      const path = resolve(rest);
      await mkdir(path, { recursive: true });
      const { LevelStore } = await import("../storage/level.ts");
      return new LevelStore({ path });
    }
    case "postgres":
    case "postgresql": {
      const { PostgresStore } = await installed("pg", () => import("../storage/postgres.ts"));
      return new PostgresStore({ connectionString: url });
    }
    case "azure-blob": {
      const connectionString = environment["AZURE_STORAGE_CONNECTION_STRING"] ?? "";
      if (rest === "") throw new SettingError("--store azure-blob: names no container. Write azure-blob:documents.");
      if (connectionString === "") {
        throw new SettingError(
          "AZURE_STORAGE_CONNECTION_STRING is not set. Copy it from the storage account, Access keys.",
        );
      }
      const { AzureBlobStore } = await installed("@azure/storage-blob", () => import("../storage/azure-blob.ts"));
      return new AzureBlobStore({ connectionString, container: rest });
    }
    default:
      throw new SettingError(
        `--store must be level:<directory>, postgres://..., azure-blob:<container> or memory:, not '${scheme === "" ? "a text without a scheme" : `${scheme}:`}'.`,
      );
  }
}

async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new SettingError(`This store needs the package ${name}, which is not installed. Run: npm install ${name}`);
  }
}
