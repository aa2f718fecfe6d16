import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../core/document-store.ts";
import { BatchQueue, type Submitted } from "../batch-queue.ts";
import { scopeOf } from "../keys.ts";
import { Slots } from "../slots.ts";
import type { KeyRange } from "../table.ts";
import { type Decided, decideAll, keysOf, type Operation, type OperationWriter } from "../writer.ts";
import { type Documents, type Look, PartGone } from "./documents.ts";
import { isRefusal, writingError } from "./errors.ts";
import { named } from "./image.ts";
import { blobLimits } from "./limits.ts";
import { nextImage } from "./next-image.ts";
import { Sweeper } from "./sweeper.ts";

/** One attempt to write a batch. */
interface Attempt {
  readonly id: string;
  readonly decided: Decided;
}

/**
 * Group commit for each document: a batch is decided against the document's root, and the root that follows is written
 * if nobody wrote another meanwhile. Whoever comes second decides anew. No server waits for another, and one that stops
 * in the middle holds nothing.
 */
export class BlobWriter implements OperationWriter {
  readonly #documents: Documents;
  readonly #sweeper: Sweeper;
  readonly #queues: Map<string, BatchQueue> = new Map();
  readonly #slots = new Slots(blobLimits.commitsMax);

  constructor(documents: Documents) {
    this.#documents = documents;
    this.#sweeper = new Sweeper(documents);
  }

  submit<T>(operation: Operation<T>): Promise<T> {
    const [key = ""] = operation.keys;
    return this.#queue(scopeOf(key)).submit(operation);
  }

  /** Resolves when nothing is being cleaned up any more. */
  close(): Promise<void> {
    return this.#sweeper.close();
  }

  #queue(scope: string): BatchQueue {
    const known = this.#queues.get(scope);
    if (known) return known;
    for (const [other, queue] of this.#queues) if (queue.idle) this.#queues.delete(other);
    const bounds = { operationsMax: blobLimits.batchOperationsMax, bytesMax: blobLimits.batchBytesMax };
    const queue = new BatchQueue(bounds, (batch) => this.#slots.during(() => this.#commit(scope, batch)));
    this.#queues.set(scope, queue);
    return queue;
  }

  async #commit(scope: string, batch: readonly Submitted[]): Promise<void> {
    const attempts: Attempt[] = [];
    const deadlineMs = performance.now() + blobLimits.commitMs;
    let look: Look | null = null;
    // What the last attempt came to, when it is not known that it was written.
    let outcome: "not-stored" | "unknown" = "not-stored";
    let goneAt: string | null = null;
    for (let tries = 1; ; tries++) {
      try {
        look = await (look === null ? this.#documents.glance(scope) : this.#documents.look(scope));
        const { writes } = look.view.image;
        const through = attempts.find(({ id }) => writes.includes(id));
        if (through) {
          through.decided.tell();
          return;
        }
        // The root is read and names none of the attempts: what came second stays unwritten for ever.
        const done = await this.#attempt(scope, look, batch, attempts);
        if (done) return;
        outcome = "not-stored";
      } catch (error) {
        if (error instanceof PartGone && look !== null) {
          if (goneAt === look.etag) return rejectAll(batch, error.corrupt());
          goneAt = look.etag;
          continue;
        }
        const refused = isRefusal(error) || error instanceof StoreError;
        if (attempts.length > 0 && !refused) outcome = "unknown";
        if (refused || performance.now() > deadlineMs) return rejectAll(batch, writingError(outcome, error));
      }
      if (performance.now() > deadlineMs) {
        const busy = new Error("other servers were faster each time");
        return rejectAll(batch, writingError(outcome, busy));
      }
      await sleep(Math.random() * Math.min(blobLimits.backoffMsMax, 5 * 2 ** tries));
    }
  }

  /** Whether everybody was told. */
  async #attempt(scope: string, look: Look, batch: readonly Submitted[], attempts: Attempt[]): Promise<boolean> {
    const { view } = look;
    const keys = keysOf(batch);
    const values = await Promise.all(keys.map((key) => view.get(key)));
    const read = (ranges: readonly KeyRange[]) => Promise.all(ranges.map((range) => view.scan(range)));
    const decided = await decideAll({ read }, new Map(keys.map((key, index) => [key, values[index] ?? null])), batch);
    if (decided.changes.size === 0) {
      // What was decided by an old look must be so now as well.
      const now = await this.#documents.look(scope);
      if (now.etag !== look.etag) return false;
      decided.tell();
      return true;
    }
    const id = randomUUID();
    const image = named(await nextImage(view, decided.changes, this.#documents.parts(scope)), id);
    attempts.push({ id, decided });
    if ((await this.#documents.replace(scope, look, image)) === "conflict") return false;
    decided.tell();
    if ([...decided.changes.values()].includes(null)) this.#sweeper.sweep(scope);
    return true;
  }
}

function rejectAll(batch: readonly Submitted[], error: StoreError): void {
  for (const { reject } of batch) reject(error);
}
