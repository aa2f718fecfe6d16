import { StoreError } from "../../core/document-store.ts";
import type { KeyRange, TableRecord } from "../table.ts";
import { postgresLimits } from "./limits.ts";
import type { Session } from "./pool.ts";
import type { Tables } from "./schema.ts";

/** Reads records in one session: inside a transaction what it sees, outside what is committed. */
export class RecordReader {
  readonly #session: Session;
  readonly #tables: Tables;

  constructor(session: Session, tables: Tables) {
    this.#session = session;
    this.#tables = tables;
  }

  async getMany(keys: readonly string[]): Promise<Map<string, Uint8Array | null>> {
    const found = new Map<string, Uint8Array | null>(keys.map((key) => [key, null]));
    if (keys.length === 0) return found;
    const { rows } = await this.#session.query(
      `SELECT key, octet_length(value) AS bytes, CASE WHEN octet_length(value) <= $2 THEN value END AS value
       FROM ${this.#tables.records} WHERE key = ANY($1::text[])`,
      [keys, postgresLimits.sliceBytes],
    );
    for (const { key, bytes, value } of rows) {
      const whole = value === null ? await this.#slices(String(key), Number(bytes)) : bytesOf(value);
      found.set(String(key), whole);
    }
    return found;
  }

  /** All ranges as they were at one moment: one statement sees one state. */
  async read(ranges: readonly KeyRange[]): Promise<TableRecord[][]> {
    const answer: TableRecord[][] = ranges.map(() => []);
    const { rows } = await this.#session.query(
      `SELECT wanted.number, found.key, found.value
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
         WITH ORDINALITY AS wanted(low, high, count_max, bytes_max, number)
       CROSS JOIN LATERAL (
         SELECT key, value FROM (
           SELECT key, value, sum(octet_length(value)) OVER (ORDER BY key) - octet_length(value) AS bytes_before
           FROM ${this.#tables.records} WHERE key >= wanted.low AND key < wanted.high
           ORDER BY key LIMIT wanted.count_max
         ) AS counted
         WHERE wanted.bytes_max IS NULL OR bytes_before <= wanted.bytes_max
       ) AS found
       ORDER BY wanted.number, found.key`,
      [
        ranges.map(({ from }) => from),
        ranges.map(({ to }) => to),
        ranges.map(({ countMax }) => finite(countMax)),
        ranges.map(({ bytesMax }) => finite(bytesMax)),
      ],
    );
    for (const { number, key, value } of rows) {
      answer[Number(number) - 1]?.push({ key: String(key), value: bytesOf(value) });
    }
    return answer;
  }

  /** Null when it went while it was read. A large value is written once and never changed, so its slices fit. */
  async #slices(key: string, bytes: number): Promise<Uint8Array | null> {
    const whole = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += postgresLimits.sliceBytes) {
      const { rows } = await this.#session.query(
        `SELECT substring(value FROM $2 FOR $3) AS slice FROM ${this.#tables.records} WHERE key = $1`,
        [key, at + 1, postgresLimits.sliceBytes],
      );
      const [row] = rows;
      if (!row) return null;
      const slice = bytesOf(row["slice"]);
      if (at + slice.length > bytes) throw changed();
      whole.set(slice, at);
    }
    return whole;
  }
}

function changed(): StoreError {
  return new StoreError("not-durable", "A record changed while it was read. Repeat the request.");
}

function finite(bound: number | undefined): number | null {
  return bound === undefined || !Number.isFinite(bound) ? null : Math.ceil(bound);
}

/** Without Node's pool behind it: values belong to the caller. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new StoreError("corrupt", "The database answered a value that is no bytes. Check the schema.");
}
