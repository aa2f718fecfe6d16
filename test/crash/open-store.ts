import type { DocumentStore } from "y-webpubsub-server/core";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { type ControlFault, ControlTable } from "./control-tables.ts";

/** Which store a process opens; goes to it as JSON. */
export type StorePlace =
  | { readonly kind: "level"; readonly path: string }
  | { readonly kind: "control"; readonly path: string; readonly fault: ControlFault }
  | { readonly kind: "postgres"; readonly connectionString: string; readonly schema: string }
  | { readonly kind: "azure-blob"; readonly connectionString: string; readonly container: string };

/** Databases are loaded only when they are asked for. */
export async function makeStore(place: StorePlace): Promise<DocumentStore> {
  switch (place.kind) {
    case "level":
      return new LevelStore({ path: place.path });
    case "control":
      return new MemoryStore({ table: new ControlTable(place.path, place.fault) });
    case "postgres": {
      const { PostgresStore } = await import("y-webpubsub-server/storage/postgres");
      return new PostgresStore({ connectionString: place.connectionString, schema: place.schema });
    }
    case "azure-blob": {
      const { AzureBlobStore } = await import("y-webpubsub-server/storage/azure-blob");
      return new AzureBlobStore({ connectionString: place.connectionString, container: place.container });
    }
  }
}

export async function withStore<T>(place: StorePlace, use: (store: DocumentStore) => Promise<T>): Promise<T> {
  const store = await makeStore(place);
  await store.open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
