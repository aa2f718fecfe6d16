import { assert } from "y-webpubsub/core";
import { StoreError } from "../core/document-store.ts";
import { storeLimits } from "./limits.ts";
import type { KeyRange, Table, TableRecord } from "./table.ts";

/** One write: looks at records and changes them, decided when its batch is made. */
export interface Operation<T> {
  /** The records `decide` gets by key. */
  readonly keys: readonly string[];
  /** About how many bytes it writes. */
  readonly bytes: number;
  /** When it throws, nothing of it is written; the rest of the batch is. */
  decide(draft: Draft): T | Promise<T>;
}

/** The records as they will be: what is stored, the operations before in the same batch, and this one. */
export class Draft {
  readonly #table: Table;
  readonly #fetched: ReadonlyMap<string, Uint8Array | null>;
  readonly #before: ReadonlyMap<string, Uint8Array | null>;
  readonly #own: Map<string, Uint8Array | null> = new Map();

  constructor(
    table: Table,
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

interface Waiting {
  readonly keys: readonly string[];
  readonly bytes: number;
  /** Answers what to call once the batch is durable. */
  readonly decide: (draft: Draft) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: operations that arrive while a batch is being written go into the next one. Operations are decided one
 * after the other against what is stored and what their batch holds already, so nobody has to lock anything.
 */
export class Writer {
  readonly #table: Table;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #draining = false;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Resolves when what was decided is durable. */
  submit<T>(operation: Operation<T>): Promise<T> {
    const { keys, bytes } = operation;
    const full =
      this.#queue.length >= storeLimits.queueOperationsMax || this.#queuedBytes + bytes > storeLimits.queueBytesMax;
    if (full) {
      const message = "Too many writes wait for the disk, so this one was refused. Repeat it in a few seconds.";
      return Promise.reject(new StoreError("not-durable", message));
    }
    return new Promise<T>((resolve, reject) => {
      const decide = async (draft: Draft) => {
        const value = await operation.decide(draft);
        return () => resolve(value);
      };
      this.#queue.push({ keys, bytes, decide, reject });
      this.#queuedBytes += bytes;
      if (!this.#draining) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    // What is submitted in the same turn goes into the same batch.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#take());
    this.#draining = false;
  }

  #take(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      if (count > 0 && (count >= storeLimits.batchOperationsMax || bytes > storeLimits.batchBytesMax)) break;
      count += 1;
      this.#queuedBytes -= waiting.bytes;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }

  /** Never rejects: whoever submitted is told. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const durable: { readonly waiting: Waiting; readonly tell: () => void }[] = [];
    try {
      const fetched = await this.#fetch(batch);
      const changes = new Map<string, Uint8Array | null>();
      for (const waiting of batch) {
        const draft = new Draft(this.#table, fetched, changes);
        try {
          const tell = await waiting.decide(draft);
          for (const [key, value] of draft.changes) changes.set(key, value);
          durable.push({ waiting, tell });
        } catch (error) {
          waiting.reject(error);
        }
      }
      if (changes.size > 0) await this.#table.write(changes);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
      return;
    }
    for (const { tell } of durable) tell();
  }

  async #fetch(batch: readonly Waiting[]): Promise<Map<string, Uint8Array | null>> {
    const keys = [...new Set(batch.flatMap((waiting) => waiting.keys))];
    const values = await this.#table.getMany(keys);
    return new Map(keys.map((key, index) => [key, values[index] ?? null]));
  }
}
