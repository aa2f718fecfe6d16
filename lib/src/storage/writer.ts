import { assert } from "y-webpubsub/core";
import { StoreError } from "../core/document-store.ts";
import { BatchQueue, type Submitted } from "./batch-queue.ts";
import { storeLimits } from "./limits.ts";
import type { Changes, KeyRange, Table, TableRecord, WritableTable } from "./table.ts";

/** One write: looks at records and changes them, decided when its batch is made. */
export interface Operation<T> {
  /** The records `decide` gets by key: one at least, and all it reads or changes belongs to the documents they name. */
  readonly keys: readonly string[];
  /** About how many bytes it writes. */
  readonly bytes: number;
  /** When it throws, nothing of it is written; the rest of the batch is. */
  decide(draft: Draft): T | Promise<T>;
}

/** The records as they will be: what is stored, the operations before in the same batch, and this one. */
export class Draft {
  readonly #table: Pick<Table, "read">;
  readonly #fetched: ReadonlyMap<string, Uint8Array | null>;
  readonly #before: ReadonlyMap<string, Uint8Array | null>;
  readonly #own: Map<string, Uint8Array | null> = new Map();

  constructor(
    table: Pick<Table, "read">,
    fetched: ReadonlyMap<string, Uint8Array | null>,
    before: ReadonlyMap<string, Uint8Array | null>,
  ) {
    this.#table = table;
    this.#fetched = fetched;
    this.#before = before;
  }

  get changes(): ReadonlyMap<string, Uint8Array | null> {
    return this.#own;
  }

  get(key: string): Uint8Array | null {
    for (const layer of [this.#own, this.#before, this.#fetched]) {
      const value = layer.get(key);
      if (value !== undefined) return value;
    }
    assert(false, "an operation names every key it gets");
  }

  async read(range: KeyRange): Promise<readonly TableRecord[]> {
    const [stored = []] = await this.#table.read([range]);
    const merged = new Map(stored.map(({ key, value }) => [key, value]));
    for (const layer of [this.#before, this.#own]) {
      for (const [key, value] of layer) {
        if (key < range.from || key >= range.to) continue;
        if (value) merged.set(key, value);
        else merged.delete(key);
      }
    }
    const records = [...merged].map(([key, value]) => ({ key, value }));
    return records.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  put(key: string, value: Uint8Array): void {
    this.#own.set(key, value);
  }

  remove(key: string): void {
    this.#own.set(key, null);
  }
}

/** What a batch comes to. */
export interface Decided {
  readonly changes: Changes;
  /** To be called once the changes are durable; whose `decide` threw is told what it threw. */
  readonly tell: () => void;
  /** To be called when they are not durable. */
  readonly reject: (error: unknown) => void;
}

/**
 * Decides operations one after the other; those that throw change nothing. Rejects when the table itself cannot be read
 * (with anything but a `StoreError`, which is about one record): that says nothing about an operation.
 */
export async function decideAll(
  table: Pick<Table, "read">,
  fetched: ReadonlyMap<string, Uint8Array | null>,
  batch: readonly Submitted[],
): Promise<Decided> {
  const changes = new Map<string, Uint8Array | null>();
  const waiting: { readonly tell: () => void; readonly reject: (error: unknown) => void }[] = [];
  const unreadable: unknown[] = [];
  const read = async (ranges: readonly KeyRange[]) => {
    try {
      return await table.read(ranges);
    } catch (error) {
      if (!(error instanceof StoreError)) unreadable.push(error);
      throw error;
    }
  };
  for (const { decide, reject } of batch) {
    const draft = new Draft({ read }, fetched, changes);
    try {
      const tell = await decide(draft);
      for (const [key, value] of draft.changes) changes.set(key, value);
      waiting.push({ tell, reject });
    } catch (error) {
      if (unreadable.length > 0) throw error;
      const refuse = () => reject(error);
      waiting.push({ tell: refuse, reject: refuse });
    }
  }
  return {
    changes,
    tell() {
      for (const { tell } of waiting) tell();
    },
    reject(error) {
      for (const { reject } of waiting) reject(error);
    },
  };
}

/** The records that the operations of a batch get by key. */
export function keysOf(batch: readonly Submitted[]): string[] {
  return [...new Set(batch.flatMap(({ keys }) => keys))];
}

/** Decides operations, and writes what they come to; resolves when it is durable. */
export interface OperationWriter {
  submit<T>(operation: Operation<T>): Promise<T>;
}

/**
 * Group commit for a table that only this process writes: operations are decided one after the other against what is
 * stored and what their batch holds already, so nobody has to lock anything.
 */
export class Writer implements OperationWriter {
  readonly #table: WritableTable;
  readonly #queue: BatchQueue;

  constructor(table: WritableTable) {
    this.#table = table;
    const bounds = { operationsMax: storeLimits.batchOperationsMax, bytesMax: storeLimits.batchBytesMax };
    this.#queue = new BatchQueue(bounds, (batch) => this.#commit(batch));
  }

  /** Resolves when what was decided is durable. */
  submit<T>(operation: Operation<T>): Promise<T> {
    return this.#queue.submit(operation);
  }

  async #commit(batch: readonly Submitted[]): Promise<void> {
    let decided: Decided;
    try {
      const keys = keysOf(batch);
      const values = await this.#table.getMany(keys);
      const fetched = new Map(keys.map((key, index) => [key, values[index] ?? null]));
      decided = await decideAll(this.#table, fetched, batch);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    try {
      if (decided.changes.size > 0) await this.#table.write(decided.changes);
    } catch (error) {
      decided.reject(error);
      return;
    }
    decided.tell();
  }
}
