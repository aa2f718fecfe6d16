import { StoreError } from "../../core/document-store.ts";
import { lockNumber } from "./locks.ts";
import type { Session } from "./pool.ts";

/** The names of the store's tables, ready to be put into a statement. */
export interface Tables {
  readonly schema: string;
  readonly records: string;
  readonly format: string;
}

export function tablesIn(schema: string): Tables {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return { schema: quoted, records: `${quoted}.records`, format: `${quoted}.format` };
}

/** What each version of the schema adds to the one before. The first entry makes version 1 out of nothing. */
const migrations: readonly ((tables: Tables) => readonly string[])[] = [
  ({ schema, records, format }) => [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE TABLE ${format} (version integer NOT NULL)`,
    `INSERT INTO ${format} VALUES (0)`,
    // Keys sort by their bytes. Room in each page lets a row be changed in place, without touching the index.
    `CREATE TABLE ${records} (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL) WITH (fillfactor = 80)`,
    // Values are compressed already; uncompressed storage is what makes reading slices cheap.
    `ALTER TABLE ${records} ALTER COLUMN value SET STORAGE EXTERNAL`,
  ],
];

export const schemaVersion: number = migrations.length;

/** Makes the tables, or brings them to this version. Of several servers that start at once one does it. */
export async function migrate(session: Session, schema: string): Promise<void> {
  const tables = tablesIn(schema);
  const before = await versionOf(session, tables, schema);
  if (before === schemaVersion) return;
  await session.run(["BEGIN", `SELECT pg_advisory_xact_lock(${lockNumber(schema, "migration")})`]);
  const found = await versionOf(session, tables, schema);
  const statements = migrations.slice(found).flatMap((migration) => migration(tables));
  await session.run([...statements, `UPDATE ${tables.format} SET version = ${schemaVersion}`, "COMMIT"]);
}

/** 0 when there is nothing yet. */
async function versionOf(session: Session, tables: Tables, schema: string): Promise<number> {
  // The catalog's own rows: its quicker functions may answer from a cache that is older than the lock.
  const present = await session.query(
    `SELECT 1 FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
     WHERE space.nspname = $1 AND class.relname = 'format'`,
    [schema],
  );
  if (present.rows.length === 0) return 0;
  const { rows } = await session.query(`SELECT version FROM ${tables.format}`);
  const version = Number(rows[0]?.["version"]);
  if (Number.isInteger(version) && version >= 0 && version <= schemaVersion) return version;
  const message = `The schema "${schema}" has version ${rows[0]?.["version"]}, and this package knows up to ${schemaVersion}. Update y-webpubsub-server, or choose another schema.`;
  throw new StoreError("closed", message);
}

/** DU3: a commit must mean that it is on the disk. What a transaction can set itself, it does; this cannot be set. */
export async function assertDurable(session: Session): Promise<void> {
  const { rows } = await session.query("SELECT current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby");
  if (rows[0]?.["standby"] === true) {
    const message = "The database is a read-only standby. Put the primary's address into connectionString.";
    throw new StoreError("closed", message);
  }
  if (rows[0]?.["fsync"] !== "off") return;
  const message =
    "The database runs with fsync = off, so a commit may be lost. Set fsync = on, or pass acceptFsyncOff: true when its host keeps commits in another way.";
  throw new StoreError("closed", message);
}
