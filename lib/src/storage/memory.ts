import { MemoryTable } from "./memory-table.ts";
import { RecordStore } from "./record-store.ts";
import { Writer } from "./writer.ts";

export interface MemoryStoreOptions {
  /** Whether several servers of this process use it at once: then each looks before it decides. Default false. */
  readonly shared?: boolean;
  /** Wall clock, milliseconds, which says how long a replaced snapshot stays. Default `Date.now`. */
  readonly now?: () => number;
  /** Where the records are; for tests that damage them. Default: a new one. */
  readonly table?: MemoryTable;
}

/**
 * Keeps documents in the memory of this process, for tests and for trying out: everything is gone when the process ends.
 * `close()` keeps the content, and `open()` finds it again. Resolves within microtasks, without timers.
 */
export class MemoryStore extends RecordStore {
  constructor({ shared = false, now = Date.now, table = new MemoryTable() }: MemoryStoreOptions = {}) {
    super(table, new Writer(table), { shared, now });
  }
}

export { MemoryTable };
