import { ClassicLevel } from "classic-level";
import { MemoryTable } from "y-webpubsub-server/storage/memory";

type Changes = Parameters<MemoryTable["write"]>[0];

/**
 * What each leg must be able to see: stores that break the promise in one way. A leg that finds nothing wrong with its
 * control proves nothing.
 */
export type ControlFault =
  /** Answers before anything is written. */
  | "acknowledges-first"
  /** Answers when the kernel has it, not the disk: LevelDB's own default. */
  | "never-flushes"
  /** Takes a failed write for a good one. */
  | "ignores-errors";

const lateMs = 30;

/** A LevelDB table with one of the faults. Reads what it wrote, as a process with a write-back cache does. */
export class ControlTable extends MemoryTable {
  readonly #database: ClassicLevel<string, Uint8Array>;
  readonly #fault: ControlFault;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, fault: ControlFault) {
    super();
    this.#database = new ClassicLevel(path, { keyEncoding: "utf8", valueEncoding: "view" });
    this.#fault = fault;
  }

  override async open(): Promise<void> {
    await super.open();
    await this.#database.open();
    const records = new Map<string, Uint8Array>();
    for await (const [key, value] of this.#database.iterator()) records.set(key, Uint8Array.from(value));
    await super.write(records);
  }

  override async close(): Promise<void> {
    await this.#writing;
    await this.#database.close();
    await super.close();
  }

  override async write(changes: Changes): Promise<void> {
    const operations = [...changes].map(([key, value]) =>
      value ? ({ type: "put", key, value } as const) : ({ type: "del", key } as const),
    );
    const write = () => this.#database.batch(operations, { sync: this.#fault !== "never-flushes" });
    switch (this.#fault) {
      case "acknowledges-first":
        this.#writing = this.#writing.then(() => later(lateMs)).then(write);
        break;
      case "never-flushes":
        await write();
        break;
      case "ignores-errors":
        await write().catch(() => undefined);
        break;
    }
    await super.write(changes);
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
