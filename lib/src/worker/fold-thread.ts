import { Worker } from "node:worker_threads";
import type { Folded, FoldJob } from "../core/ports.ts";
import type { FoldAnswer, FoldRequest } from "./fold-message.ts";

export type Ran =
  | { readonly outcome: "folded"; readonly folded: Folded; readonly tookMs: number }
  /** The thread said no: the snapshot itself cannot be applied. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** The thread took too long or died, and was ended. */
  | { readonly outcome: "lost"; readonly reason: string };

const fromSources = import.meta.url.endsWith(".ts");

/** One worker thread, started when first needed and again after it was lost. One job at a time. */
export class FoldThread {
  readonly #memoryMb: number;
  #worker: Worker | null = null;
  #number = 0;

  constructor(memoryMb: number) {
    this.#memoryMb = memoryMb;
  }

  async run(job: FoldJob, deadlineMs: number): Promise<Ran> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const number = ++this.#number;
    const startedAt = performance.now();
    const ran = await new Promise<Ran>((resolve) => {
      const settle = (outcome: Ran) => {
        clearTimeout(late);
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        resolve(outcome);
      };
      const onMessage = (answer: FoldAnswer) => {
        if (answer.number !== number) return;
        const tookMs = performance.now() - startedAt;
        settle(
          answer.ok
            ? { outcome: "folded", folded: answer.folded, tookMs }
            : { outcome: "refused", reason: answer.reason },
        );
      };
      const onError = (error: unknown) => {
        settle({ outcome: "lost", reason: error instanceof Error ? error.message : String(error) });
      };
      const onExit = () => settle({ outcome: "lost", reason: "the worker thread ended" });
      const late = setTimeout(() => settle({ outcome: "lost", reason: `no answer in ${deadlineMs} ms` }), deadlineMs);
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage({ number, job: owned(job) } satisfies FoldRequest);
    });
    if (ran.outcome === "lost") await this.close();
    return ran;
  }

  /** Ends the thread, with whatever it does. The next job starts another. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(entry(), {
      name: "y-webpubsub-fold",
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
      ...(fromSources ? { execArgv: ["--conditions=y-webpubsub-source"] } : {}),
    });
    // A thread that dies between jobs is replaced by the next job; without a listener its error would end the process.
    worker.on("error", () => this.#forget(worker));
    worker.on("exit", () => this.#forget(worker));
    worker.unref();
    return worker;
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null;
  }
}

/** From sources the thread needs a TypeScript loader of its own; `--import tsx` does not reach worker threads. */
function entry(): URL {
  if (!fromSources) return new URL("./fold-worker.js", import.meta.url);
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const worker = JSON.stringify(new URL("./fold-worker.ts", import.meta.url).href);
  return new URL(`data:text/javascript,import { register } from ${loader}; register(); await import(${worker});`);
}

/** A view would be sent with the whole buffer behind it. */
function owned({ payload, updates }: FoldJob): FoldJob {
  return { payload: payload && tight(payload), updates: updates.map(tight) };
}

function tight(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && !Buffer.isBuffer(bytes) ? bytes : new Uint8Array(bytes);
}
