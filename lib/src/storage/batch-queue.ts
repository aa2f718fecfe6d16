import { StoreError } from "../core/document-store.ts";
import { storeLimits } from "./limits.ts";
import type { Draft, Operation } from "./writer.ts";

/** An operation that waits for its batch, and whoever waits for it. */
export interface Submitted {
  readonly keys: readonly string[];
  readonly bytes: number;
  /** Answers what to call once the batch is durable. */
  readonly decide: (draft: Draft) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

export interface BatchBounds {
  readonly operationsMax: number;
  readonly bytesMax: number;
}

/**
 * Group commit: operations that arrive while a batch is being committed go into the next one. One batch at a time;
 * `commit` never rejects, because it tells everybody in its batch.
 */
export class BatchQueue {
  readonly #bounds: BatchBounds;
  readonly #commit: (batch: readonly Submitted[]) => Promise<void>;
  #queue: Submitted[] = [];
  #queuedBytes = 0;
  #draining = false;

  constructor(bounds: BatchBounds, commit: (batch: readonly Submitted[]) => Promise<void>) {
    this.#bounds = bounds;
    this.#commit = commit;
  }

  /** Nothing waits and nothing is being committed. */
  get idle(): boolean {
    return !this.#draining;
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
      this.add({ keys, bytes, decide, reject });
    });
  }

  /** Takes over what another queue took off. */
  add(submitted: Submitted): void {
    this.#queue.push(submitted);
    this.#queuedBytes += submitted.bytes;
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    // What is submitted in the same turn goes into the same batch.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#take());
    this.#draining = false;
  }

  #take(): readonly Submitted[] {
    let bytes = 0;
    let count = 0;
    for (const submitted of this.#queue) {
      bytes += submitted.bytes;
      if (count > 0 && (count >= this.#bounds.operationsMax || bytes > this.#bounds.bytesMax)) break;
      count += 1;
      this.#queuedBytes -= submitted.bytes;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }
}
