import { Pool } from "pg";
import { postgresLimits } from "./postgres/limits.ts";
import type { PostgresPool } from "./postgres/pool.ts";
import { PostgresTable } from "./postgres/table.ts";
import { RecordStore } from "./record-store.ts";

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:5432/database`; the store makes and ends a pool of at most 8 connections. */
  readonly connectionString?: string;
  /** A `Pool` of the package `pg`, instead of a connection string; the store never ends it. Six connections or more. */
  readonly pool?: PostgresPool;
  /** The store's own schema in the database, made when it is missing. Default `y_webpubsub`. */
  readonly schema?: string;
  /** Take a database with `fsync = off`, whose commits a power cut may lose. Default false: `open()` refuses it. */
  readonly acceptFsyncOff?: boolean;
  /** Wall clock, milliseconds, which says how long a replaced snapshot stays. Default `Date.now`. */
  readonly now?: () => number;
}

export type { PostgresPool };

/**
 * Keeps documents in PostgreSQL 13 or later, for any number of servers at once. A write resolves when its transaction is
 * committed with `synchronous_commit` on; writes that arrive meanwhile share the next transaction. `open()` rejects with
 * a `StoreError` "closed" when a newer version of this package made the schema, when the user may not make it, and on a
 * standby. Throws a `TypeError` unless exactly one of `connectionString` and `pool` is given.
 */
export class PostgresStore extends RecordStore {
  constructor({
    connectionString,
    pool,
    schema = "y_webpubsub",
    acceptFsyncOff = false,
    now = Date.now,
  }: PostgresStoreOptions) {
    if ((connectionString === undefined) === (pool === undefined)) {
      throw new TypeError("Pass either connectionString or pool to PostgresStore.");
    }
    if (schema === "" || Buffer.byteLength(schema) > 63 || schema.includes("\0")) {
      throw new TypeError("schema must be a PostgreSQL name of 1 to 63 bytes.");
    }
    const pools = pool === undefined ? () => ownPool(connectionString) : () => lent(pool);
    const table = new PostgresTable({ pools, schema, acceptFsyncOff });
    super(table, { submit: (operation) => table.writer.submit(operation) }, { shared: true, now });
  }
}

function ownPool(connectionString: string | undefined): PostgresPool {
  const pool = new Pool({
    connectionString,
    max: postgresLimits.connectionsMax,
    connectionTimeoutMillis: postgresLimits.connectMs,
    keepAlive: true,
    application_name: "y-webpubsub",
  });
  // The pool drops a connection that broke while nobody used it; the next use says whether the database is back.
  pool.on("error", () => undefined);
  // While it is handed over nobody listens, and a database that dies in that moment would end the process. The query rejects.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Whoever lends a pool ends it. */
function lent(pool: PostgresPool): PostgresPool {
  return { connect: () => pool.connect(), end: async () => undefined };
}
