import type { DocumentStore } from "y-webpubsub-server/core";

/** The store that a process of ours was told to use by its environment. Only its own packages are loaded. */
export async function chosenStore(env: Readonly<Record<string, string | undefined>>): Promise<DocumentStore> {
  const { DATA_DIR, POSTGRES, SCHEMA, AZURE_BLOB, CONTAINER } = env;
  if (POSTGRES !== undefined && SCHEMA !== undefined) {
    const { PostgresStore } = await import("y-webpubsub-server/storage/postgres");
    return new PostgresStore({ connectionString: POSTGRES, schema: SCHEMA });
  }
  if (AZURE_BLOB !== undefined && CONTAINER !== undefined) {
    const { AzureBlobStore } = await import("y-webpubsub-server/storage/azure-blob");
    return new AzureBlobStore({ connectionString: AZURE_BLOB, container: CONTAINER });
  }
  const { LevelStore } = await import("y-webpubsub-server/storage/level");
  return new LevelStore({ path: DATA_DIR ?? "" });
}
