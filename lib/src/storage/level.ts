import { LevelTable } from "./level-table.ts";
import { RecordStore } from "./record-store.ts";
import { Writer } from "./writer.ts";

export interface LevelStoreOptions {
  /** A directory of the store's own; made when it is missing. One process at a time may open it. */
  readonly path: string;
  /** Wall clock, milliseconds, which says how long a replaced snapshot stays. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Keeps all documents in one LevelDB directory: the store for one server. A write resolves when it is flushed to the
 * disk; writes that arrive meanwhile share the next flush. `open()` rejects with a `StoreError` "closed" when another
 * process has the directory open or a newer version wrote it.
 */
export class LevelStore extends RecordStore {
  constructor({ path, now = Date.now }: LevelStoreOptions) {
    const table = new LevelTable({ path });
    super(table, new Writer(table), { shared: false, now });
  }
}
