import { randomUUID } from "node:crypto";
import { ClassicLevel } from "classic-level";
import { StoreError } from "../core/document-store.ts";
import { isClosedUnderneath, openingError, readingError, readOnlyError, writingError } from "./level-errors.ts";
import { isReadOnly } from "./read-only.ts";
import type { Changes, KeyRange, TableRecord, WritableTable } from "./table.ts";

/**
 * What the records look like. 1: the first.
 * A store of a later version is refused, so that nothing of it is lost by an older program.
 */
const schemaVersion = 1;
const schemaKey = "!schema";
/** Rewritten by every batch: tells after a failure whether the batch is in the log of the database. */
const batchKey = "!batch";
const readAheadBytes = 1_048_576;

export type LevelDatabase = ClassicLevel<string, Uint8Array>;

export interface LevelTableOptions {
  /** A directory of its own; made when it is missing. */
  readonly path: string;
  /** Makes the database object, not open yet; for tests that make it fail. */
  readonly database?: (path: string) => LevelDatabase;
  /** Looks whether the directory is read-only; for tests that say so. */
  readonly readOnly?: (path: string) => Promise<boolean>;
}

type Phase =
  | { readonly phase: "closed" }
  | { readonly phase: "open"; readonly database: LevelDatabase }
  /** A write failed because the disk is read-only. What is there can be read; every write looks whether it still is. */
  | { readonly phase: "reading"; readonly database: LevelDatabase }
  /** A write failed and opening the database anew did not work yet. Every use tries again. */
  | { readonly phase: "broken"; readonly opening: Promise<LevelDatabase> | null };

/**
 * A sorted map in a LevelDB directory. Each batch is flushed to the disk before it resolves. After a failed write LevelDB
 * refuses all later ones until it is opened anew, which is done here, at once and again at each use while it fails. On a
 * disk that became read-only it cannot be opened: there it stays open for reading until the disk can be written again.
 */
export class LevelTable implements WritableTable {
  readonly #path: string;
  readonly #make: (path: string) => LevelDatabase;
  readonly #isReadOnly: (path: string) => Promise<boolean>;
  readonly #run: string = randomUUID();
  #batches = 0;
  #phase: Phase = { phase: "closed" };

  constructor({ path, database = makeDatabase, readOnly = isReadOnly }: LevelTableOptions) {
    this.#path = path;
    this.#make = database;
    this.#isReadOnly = readOnly;
  }

  async open(): Promise<void> {
    const database = await this.#openDatabase();
    try {
      await checkSchema(database, this.#path);
    } catch (error) {
      await database.close();
      throw error;
    }
    this.#phase = { phase: "open", database };
  }

  async close(): Promise<void> {
    const before = this.#phase;
    this.#phase = { phase: "closed" };
    if (before.phase === "open" || before.phase === "reading") await before.database.close();
    else if (before.phase === "broken") await (await before.opening?.catch(() => null))?.close();
  }

  getMany(keys: readonly string[]): Promise<(Uint8Array | null)[]> {
    return this.#reading(async (database) => {
      const values = await database.getMany([...keys]);
      return values.map((value) => (value ? plain(value) : null));
    });
  }

  read(ranges: readonly KeyRange[]): Promise<TableRecord[][]> {
    return this.#reading(async (database) => {
      const snapshot = database.snapshot();
      try {
        return await Promise.all(ranges.map((range) => readRange(database, snapshot, range)));
      } finally {
        await snapshot.close();
      }
    });
  }

  async write(changes: Changes): Promise<void> {
    this.#batches += 1;
    const mark = `${this.#run} ${this.#batches}`;
    const database = await this.#databaseToWrite();
    const operations = [...changes].map(([key, value]) =>
      value ? ({ type: "put", key, value } as const) : ({ type: "del", key } as const),
    );
    try {
      await database.batch([...operations, { type: "put", key: batchKey, value: Buffer.from(mark) }], { sync: true });
    } catch (error) {
      await this.#afterFailedWrite(database, mark, error);
    }
  }

  /** Resolves when the batch is durable in spite of the error. */
  async #afterFailedWrite(database: LevelDatabase, mark: string, cause: unknown): Promise<void> {
    if (await this.#isReadOnly(this.#path)) {
      if (this.#isCurrent(database)) this.#phase = { phase: "reading", database };
      throw readOnlyError(this.#path, cause);
    }
    this.#phase = { phase: "broken", opening: null };
    let found: Uint8Array | undefined;
    try {
      await database.close();
      // What LevelDB finds in its log when it opens is written to a table and flushed before it answers.
      found = await (await this.#database()).get(batchKey);
    } catch (error) {
      throw writingError("unknown", cause, error);
    }
    if (found && Buffer.from(found).toString() === mark) return;
    throw writingError("not-stored", cause);
  }

  async #reading<T>(work: (database: LevelDatabase) => Promise<T>): Promise<T> {
    const database = await this.#database();
    try {
      return await work(database);
    } catch (error) {
      if (!isClosedUnderneath(error) || this.#isCurrent(database)) throw readingError(error);
    }
    // A write failed meanwhile and the database was opened anew.
    const next = await this.#database();
    return work(next).catch((error: unknown) => {
      throw readingError(error);
    });
  }

  #isCurrent(database: LevelDatabase): boolean {
    return this.#phase.phase === "open" && this.#phase.database === database;
  }

  async #databaseToWrite(): Promise<LevelDatabase> {
    const now = this.#phase;
    if (now.phase !== "reading") return this.#database();
    if (await this.#isReadOnly(this.#path)) throw readOnlyError(this.#path, null);
    if (this.#phase === now) {
      this.#phase = { phase: "broken", opening: null };
      await now.database.close();
    }
    return this.#database();
  }

  async #database(): Promise<LevelDatabase> {
    const now = this.#phase;
    if (now.phase === "open" || now.phase === "reading") return now.database;
    if (now.phase === "closed") throw new StoreError("closed", "The store is not open. Call open() first.");
    if (now.opening) return now.opening;
    const opening = this.#openDatabase();
    this.#phase = { phase: "broken", opening };
    try {
      const database = await opening;
      this.#phase = { phase: "open", database };
      return database;
    } catch (error) {
      this.#phase = { phase: "broken", opening: null };
      throw error;
    }
  }

  async #openDatabase(): Promise<LevelDatabase> {
    const database = this.#make(this.#path);
    try {
      await database.open();
      return database;
    } catch (error) {
      throw openingError(this.#path, error);
    }
  }
}

function makeDatabase(path: string): LevelDatabase {
  return new ClassicLevel(path, { keyEncoding: "utf8", valueEncoding: "view" });
}

async function checkSchema(database: LevelDatabase, path: string): Promise<void> {
  const stored = await database.get(schemaKey);
  if (stored === undefined) {
    await database.put(schemaKey, Buffer.from(String(schemaVersion)), { sync: true });
    return;
  }
  const found = Buffer.from(stored).toString();
  if (found === String(schemaVersion)) return;
  const message = `The store at ${path} has version ${found}; this program knows version ${schemaVersion}. Use the program that wrote it, or a newer one.`;
  throw new StoreError("closed", message);
}

async function readRange(
  database: LevelDatabase,
  snapshot: ReturnType<LevelDatabase["snapshot"]>,
  { from, to, countMax = Number.POSITIVE_INFINITY, bytesMax = Number.POSITIVE_INFINITY }: KeyRange,
): Promise<TableRecord[]> {
  const limit = Number.isFinite(countMax) ? countMax : -1;
  const highWaterMarkBytes = Math.min(readAheadBytes, bytesMax);
  const iterator = database.iterator({ gte: from, lt: to, limit, snapshot, highWaterMarkBytes });
  const records: TableRecord[] = [];
  let bytes = 0;
  try {
    for (let some = await iterator.nextv(1_000); some.length > 0; some = await iterator.nextv(1_000)) {
      for (const [key, value] of some) {
        if (bytes > bytesMax) return records;
        records.push({ key, value: plain(value) });
        bytes += value.length;
      }
    }
    return records;
  } finally {
    await iterator.close();
  }
}

/** LevelDB answers Buffers, whose `slice` does not copy. */
function plain(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.length);
}
