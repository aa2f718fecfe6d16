import { randomUUID } from "node:crypto";
import { AzureBlobStore } from "y-webpubsub-server/storage/azure-blob";
import { PostgresStore } from "y-webpubsub-server/storage/postgres";
import type { Azurite } from "../support/azurite.ts";
import type { Postgres } from "../support/postgres.ts";
import type { DamagedPlace } from "./damage-rules.ts";
import type { SharedStore } from "./shared-rules.ts";

/** A schema of its own. */
export function postgresPlace({ connectionString, admin }: Postgres): DamagedPlace & { readonly schema: string } {
  const schema = `test_${randomUUID()}`;
  const opened = new Opened();
  return {
    schema,
    open: (now = Date.now) => opened.add(new PostgresStore({ connectionString, schema, now })),
    async stored(key) {
      const { rows } = await admin.query<{ key: string; value: Buffer }>(
        `SELECT key, value FROM "${schema}".records WHERE key LIKE '_' || $1 || '%' ORDER BY key`,
        // The two characters of LIKE's own that a digest may have.
        [key.replaceAll("_", "\\_")],
      );
      return new Map(rows.map((row) => [row.key, new Uint8Array(row.value)]));
    },
    async overwrite(name, bytes) {
      const records = `"${schema}".records`;
      if (bytes) await admin.query(`UPDATE ${records} SET value = $2 WHERE key = $1`, [name, Buffer.from(bytes)]);
      else await admin.query(`DELETE FROM ${records} WHERE key = $1`, [name]);
    },
    async close() {
      await opened.close();
      await admin.query(`DROP SCHEMA "${schema}" CASCADE`);
    },
  };
}

/** A container of its own. */
export function azuritePlace({ connectionString, admin }: Azurite): DamagedPlace & { readonly container: string } {
  const container = `test-${randomUUID()}`;
  const opened = new Opened();
  const blobs = admin.getContainerClient(container);
  return {
    container,
    open: (now = Date.now) => opened.add(new AzureBlobStore({ connectionString, container, now })),
    async stored(key) {
      const found = new Map<string, Uint8Array>();
      for await (const { name } of blobs.listBlobsFlat()) {
        if (!name.includes(key)) continue;
        found.set(name, new Uint8Array(await blobs.getBlobClient(name).downloadToBuffer()));
      }
      return found;
    },
    async overwrite(name, bytes) {
      const blob = blobs.getBlockBlobClient(name);
      if (bytes) await blob.upload(Buffer.from(bytes), bytes.length);
      else await blob.delete();
    },
    async close() {
      await opened.close();
      await blobs.delete();
    },
  };
}

class Opened {
  readonly #stores: SharedStore[] = [];

  async add(store: SharedStore): Promise<SharedStore> {
    await store.open();
    this.#stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
  }
}
