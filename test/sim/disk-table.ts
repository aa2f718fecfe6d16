import { StoreError } from "y-webpubsub-server/core";
import { MemoryTable } from "y-webpubsub-server/storage/memory";
import type { VirtualClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";

interface DiskTableOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly disk: SimDisk;
}

const syncMs = 8;

/**
 * The disk as one process sees it, below the shipped store and its group commit. A write waits for its sync; after `kill`
 * nothing lands and no promise settles, as in a dead process.
 */
export class DiskTable extends MemoryTable {
  readonly #options: DiskTableOptions;
  #phase: "alive" | "dead" = "alive";
  #unsynced = 0;

  constructor(options: DiskTableOptions) {
    super();
    this.#options = options;
  }

  kill(): void {
    this.#phase = "dead";
    if (this.#unsynced > 0) this.#options.trace.add("disk-unsynced-lost", this.#options.name, this.#unsynced);
  }

  override getMany(keys: Parameters<MemoryTable["getMany"]>[0]): ReturnType<MemoryTable["getMany"]> {
    return this.#later(1, () => this.#options.disk.table.getMany(keys));
  }

  override read(ranges: Parameters<MemoryTable["read"]>[0]): ReturnType<MemoryTable["read"]> {
    return this.#later(1, () => this.#options.disk.table.read(ranges));
  }

  override async write(changes: Parameters<MemoryTable["write"]>[0]): Promise<void> {
    const { disk, trace, name } = this.#options;
    if (disk.full) {
      trace.add("disk-full", name);
      throw new StoreError("full", "No space is left on the simulated disk.");
    }
    this.#unsynced += changes.size;
    await this.#later(syncMs, async () => {
      if (await disk.write(changes)) this.#unsynced -= changes.size;
      else await new Promise<never>(() => undefined);
    });
  }

  #later<T>(meanMs: number, perform: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    return new Promise((resolve, reject) => {
      clock.after(random.around(meanMs), () => {
        if (this.#phase === "dead") return;
        perform().then(
          (value) => this.#phase === "alive" && resolve(value),
          (error: unknown) => this.#phase === "alive" && reject(error),
        );
      });
    });
  }
}
