import type { Changes, KeyRange, TableRecord, WritableTable } from "./table.ts";

/** A sorted map in memory. Durable as long as the object lives, also over `close` and `open`. */
export class MemoryTable implements WritableTable {
  readonly #values: Map<string, Uint8Array> = new Map();
  /** Sorted. */
  readonly #keys: string[] = [];

  async open(): Promise<void> {
    // Nothing to open: the map is there.
  }

  async close(): Promise<void> {
    // The map stays for the next open.
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | null)[]> {
    return keys.map((key) => this.#values.get(key)?.slice() ?? null);
  }

  async read(ranges: readonly KeyRange[]): Promise<TableRecord[][]> {
    return ranges.map((range) => this.#range(range));
  }

  async write(changes: Changes): Promise<void> {
    for (const [key, value] of changes) {
      if (value) this.#put(key, value);
      else this.#remove(key);
    }
  }

  #range({ from, to, countMax = Number.POSITIVE_INFINITY, bytesMax = Number.POSITIVE_INFINITY }: KeyRange) {
    const records: TableRecord[] = [];
    let bytes = 0;
    for (let at = this.#indexOf(from); at < this.#keys.length && records.length < countMax; at++) {
      const key = this.#keys[at];
      const value = key === undefined || key >= to ? undefined : this.#values.get(key);
      if (key === undefined || value === undefined || bytes > bytesMax) break;
      records.push({ key, value: value.slice() });
      bytes += value.length;
    }
    return records;
  }

  #put(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#values.set(key, value);
  }

  #remove(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
  }

  /** The first index whose key is not below `key`. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
