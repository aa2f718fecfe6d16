import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../core/document-store.ts";
import type { KeyRange, Table, TableRecord } from "../table.ts";
import { openingError, readingError } from "./errors.ts";
import { postgresLimits } from "./limits.ts";
import { type PostgresPool, withSession } from "./pool.ts";
import { RecordReader } from "./record-reader.ts";
import { assertDurable, migrate, tablesIn } from "./schema.ts";
import { PostgresWriter } from "./writer.ts";

export interface PostgresTableOptions {
  /** A pool for each time the store is opened. */
  readonly pools: () => PostgresPool;
  readonly schema: string;
  readonly acceptFsyncOff: boolean;
}

interface Opened {
  readonly pool: PostgresPool;
  readonly writer: PostgresWriter;
}

/** Records as rows of one table of the database. */
export class PostgresTable implements Table {
  readonly #options: PostgresTableOptions;
  #opened: Opened | null = null;

  constructor(options: PostgresTableOptions) {
    this.#options = options;
  }

  get writer(): PostgresWriter {
    return this.#now.writer;
  }

  async open(): Promise<void> {
    const { pools, schema, acceptFsyncOff } = this.#options;
    const pool = pools();
    try {
      await withSession(pool, async (session) => {
        if (!acceptFsyncOff) await assertDurable(session);
        await migrate(session, schema);
      });
    } catch (error) {
      await pool.end();
      throw openingError(error);
    }
    this.#opened = { pool, writer: new PostgresWriter({ pool, schema }) };
  }

  async close(): Promise<void> {
    const { pool } = this.#now;
    this.#opened = null;
    // Nothing is under way any more; a database that is gone does not answer the farewell.
    await Promise.race([pool.end(), sleep(postgresLimits.closeMs, undefined, { ref: false })]);
  }

  async getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    const found = await this.#reading((reader) => reader.getMany(keys));
    return keys.map((key) => found.get(key) ?? null);
  }

  read(ranges: readonly KeyRange[]): Promise<readonly (readonly TableRecord[])[]> {
    return this.#reading((reader) => reader.read(ranges));
  }

  async #reading<T>(read: (reader: RecordReader) => Promise<T>): Promise<T> {
    const { pool } = this.#now;
    try {
      return await withSession(pool, (session) => read(new RecordReader(session, tablesIn(this.#options.schema))));
    } catch (error) {
      throw readingError(error);
    }
  }

  get #now(): Opened {
    if (this.#opened) return this.#opened;
    throw new StoreError("closed", "The store is not open. Call open() first, and nothing after close().");
  }
}
