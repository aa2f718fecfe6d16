/** Keys from `from` up to, not including, `to`, in order. Stops after `countMax` records or once `bytesMax` is passed. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
  readonly countMax?: number;
  /** The record that passes it is still read, so at least one always is. */
  readonly bytesMax?: number;
}

export interface TableRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** `null` removes. */
export type Changes = ReadonlyMap<string, Uint8Array | null>;

/**
 * Where the bytes of a store are: a sorted map. Keys are ASCII. Rejects with a `StoreError` only. Values that were read
 * belong to the caller.
 */
export interface Table {
  open(): Promise<void>;
  close(): Promise<void>;
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]>;
  /** All ranges as they were at one moment. */
  read(ranges: readonly KeyRange[]): Promise<readonly (readonly TableRecord[])[]>;
}

/** A table that one process writes. */
export interface WritableTable extends Table {
  /** All or nothing, durable when it resolves. Never called again before it settled. */
  write(changes: Changes): Promise<void>;
}
