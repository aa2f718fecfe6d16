import { BatchQueue, type Submitted } from "../batch-queue.ts";
import { scopeOf } from "../keys.ts";
import { Slots } from "../slots.ts";
import type { Changes } from "../table.ts";
import { type Decided, decideAll, keysOf, type Operation, type OperationWriter } from "../writer.ts";
import { commitError, writingError } from "./errors.ts";
import { postgresLimits } from "./limits.ts";
import { lockNumber } from "./locks.ts";
import { type PostgresPool, type Session, withSession } from "./pool.ts";
import { RecordReader } from "./record-reader.ts";
import { tablesIn } from "./schema.ts";

export interface PostgresWriterOptions {
  readonly pool: PostgresPool;
  readonly schema: string;
}

/**
 * Group commit for a table that several servers write. A batch is one transaction, which holds a lock for each of its
 * documents until it is committed: operations are decided against what is stored, and an entry never becomes visible
 * before one that was already read. A document that another server holds does not hold up the others, and neither does
 * a large snapshot: their operations wait and are written on a connection of their own.
 */
export class PostgresWriter implements OperationWriter {
  readonly #options: PostgresWriterOptions;
  readonly #common: BatchQueue;
  /** Of documents that have one, while they need it. */
  readonly #own: Map<string, BatchQueue> = new Map();
  readonly #slots = new Slots(postgresLimits.ownMax);

  constructor(options: PostgresWriterOptions) {
    this.#options = options;
    this.#common = this.#queue(async (batch) => {
      const left = await this.#commit(batch, "leave-out");
      for (const submitted of left) this.#ownQueue(scopeOfKeys(submitted.keys)).add(submitted);
    });
  }

  submit<T>(operation: Operation<T>): Promise<T> {
    const scope = scopeOfKeys(operation.keys);
    const own = this.#own.get(scope);
    // Behind those of its document that wait already: nothing overtakes.
    if (own && !own.idle) return own.submit(operation);
    const large = operation.bytes > postgresLimits.ownBytes;
    return (large ? this.#ownQueue(scope) : this.#common).submit(operation);
  }

  #ownQueue(scope: string): BatchQueue {
    for (const [other, queue] of this.#own) if (queue.idle) this.#own.delete(other);
    const commit = async (batch: readonly Submitted[]) => {
      await this.#commit(batch, "wait");
    };
    const queue = this.#own.get(scope) ?? this.#queue((batch) => this.#slots.during(() => commit(batch)));
    this.#own.set(scope, queue);
    return queue;
  }

  #queue(commit: (batch: readonly Submitted[]) => Promise<void>): BatchQueue {
    const bounds = { operationsMax: postgresLimits.batchOperationsMax, bytesMax: postgresLimits.batchBytesMax };
    return new BatchQueue(bounds, commit);
  }

  /** Tells everybody in the batch but those it answers: their documents are locked by others. */
  async #commit(batch: readonly Submitted[], manner: "leave-out" | "wait"): Promise<readonly Submitted[]> {
    let left: readonly Submitted[] = batch;
    let kept: readonly Submitted[] = [];
    try {
      await withSession(this.#options.pool, async (session) => {
        const held = await this.#begin(session, batch, manner);
        kept = batch.filter(({ keys }) => held.has(scopeOfKeys(keys)));
        left = batch.filter((submitted) => !kept.includes(submitted));
        await this.#decide(session, kept);
      });
      return left;
    } catch (error) {
      for (const { reject } of kept.length > 0 ? kept : batch) reject(writingError(error));
      return kept.length > 0 ? left : [];
    }
  }

  /** Answers the scopes that are locked now. */
  async #begin(session: Session, batch: readonly Submitted[], manner: "leave-out" | "wait"): Promise<Set<string>> {
    const scopes = [...new Set(batch.map(({ keys }) => scopeOfKeys(keys)))];
    const numbers = scopes.map((scope) => lockNumber(this.#options.schema, scope));
    const lock = manner === "wait" ? "pg_advisory_xact_lock(number) IS NOT NULL" : "pg_try_advisory_xact_lock(number)";
    const rows = await session.run([
      "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
      // DU3: whatever the database or the user is set to.
      "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
      `SET LOCAL lock_timeout = ${postgresLimits.lockMs}`,
      `SET LOCAL statement_timeout = ${postgresLimits.statementMs}`,
      `SET LOCAL idle_in_transaction_session_timeout = ${postgresLimits.idleInTransactionMs}`,
      `SELECT number, ${lock} AS held FROM unnest('{${numbers.join()}}'::bigint[]) AS number`,
    ]);
    const held = new Set(rows.filter((row) => row["held"] === true).map((row) => String(row["number"])));
    return new Set(scopes.filter((_, index) => held.has(String(numbers[index]))));
  }

  async #decide(session: Session, batch: readonly Submitted[]): Promise<void> {
    let decided: Decided;
    try {
      const reader = new RecordReader(session, tablesIn(this.#options.schema));
      // Statements after the lock see everything that was committed before it was given.
      decided = await decideAll(reader, await reader.getMany(keysOf(batch)), batch);
      await this.#write(session, decided.changes);
    } catch (error) {
      session.breakOff();
      throw error;
    }
    try {
      const { command } = await session.query("COMMIT");
      if (command !== "COMMIT") throw new Error(`COMMIT was answered with ${command}`);
    } catch (error) {
      decided.reject(commitError(error));
      return;
    }
    decided.tell();
  }

  async #write(session: Session, changes: Changes): Promise<void> {
    const { records } = tablesIn(this.#options.schema);
    const removed = [...changes].flatMap(([key, value]) => (value === null ? [key] : []));
    if (removed.length > 0) await session.query(`DELETE FROM ${records} WHERE key = ANY($1::text[])`, [removed]);
    const put = [...changes].filter(([, value]) => value !== null);
    for (let at = 0; at < put.length; at += postgresLimits.rowsMax) {
      const rows = put.slice(at, at + postgresLimits.rowsMax);
      const places = rows.map((_, index) => `($${2 * index + 1},$${2 * index + 2}::bytea)`);
      await session.query(
        `INSERT INTO ${records} (key, value) VALUES ${places.join()}
         ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        rows.flat(),
      );
    }
  }
}

function scopeOfKeys([key = ""]: readonly string[]): string {
  return scopeOf(key);
}
