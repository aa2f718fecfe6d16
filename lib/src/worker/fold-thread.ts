import { Worker } from "node:worker_threads";
import type { Folded, FoldJob } from "../core/ports.ts";
import type { Performed, Task } from "../history/tasks.ts";
import { foldEntry } from "./fold-entry.ts";
import { type FoldAnswer, type FoldRequest, isMoved, type Job } from "./fold-message.ts";

export type Ran = { readonly outcome: "folded"; readonly folded: Folded; readonly tookMs: number } | NotDone;

export type RanTask = { readonly outcome: "performed"; readonly performed: Performed } | NotDone;

export type NotDone =
  /** The thread said no: the snapshot itself cannot be applied. */
  | { readonly outcome: "refused"; readonly reason: string }
  /** The thread took too long or died, and was ended. */
  | { readonly outcome: "lost"; readonly reason: string };

/** Loading the code in a new thread on a busy machine. */
const startMsMax = 30_000;

/** One worker thread, started when first needed and again after it was lost. One job at a time. */
export class FoldThread {
  readonly #memoryMb: number;
  #worker: Worker | null = null;
  #number = 0;

  constructor(memoryMb: number) {
    this.#memoryMb = memoryMb;
  }

  /** The deadline is for the fold alone, not for starting the thread. */
  async run(job: FoldJob, deadlineMs: number): Promise<Ran> {
    const { job: own, given } = owned(job);
    const heard = await this.#ask({ type: "fold", job: own }, deadlineMs, given);
    if (heard.outcome !== "answer") return heard;
    if (heard.answer.type !== "folded") return this.#lost("the worker answered something else");
    return { outcome: "folded", folded: heard.answer.folded, tookMs: heard.tookMs };
  }

  /** As `run`, for what history asks. */
  async perform(task: Task, deadlineMs: number): Promise<RanTask> {
    const heard = await this.#ask({ type: "task", task }, deadlineMs);
    if (heard.outcome !== "answer") return heard;
    if (heard.answer.type !== "performed") return this.#lost("the worker answered something else");
    return { outcome: "performed", performed: heard.answer.performed };
  }

  /** Ends the thread, with whatever it does. The next job starts another. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async #ask(job: Job, deadlineMs: number, given: readonly ArrayBuffer[] = []): Promise<Asked> {
    const worker = this.#worker ?? this.#make();
    if (this.#worker === null) {
      this.#worker = worker;
      const started = await this.#next(worker, startMsMax, ({ type }) => type === "ready");
      if (started.outcome === "lost") return this.#lost(started.reason);
    }
    const number = ++this.#number;
    const startedAt = performance.now();
    const heard = this.#next(worker, deadlineMs, (answer) => answer.type !== "ready" && answer.number === number);
    worker.postMessage({ number, job } satisfies FoldRequest, [...given]);
    const next = await heard;
    if (next.outcome === "lost") return this.#lost(next.reason);
    const { answer } = next;
    if (answer.type === "ready") return this.#lost("the worker started twice");
    if (answer.type === "refused") return { outcome: "refused", reason: answer.reason };
    return { outcome: "answer", answer, tookMs: performance.now() - startedAt };
  }

  async #lost(reason: string): Promise<NotDone> {
    await this.close();
    return { outcome: "lost", reason };
  }

  /** The next wanted answer, or why there will be none. */
  #next(worker: Worker, deadlineMs: number, wanted: (answer: FoldAnswer) => boolean): Promise<Heard> {
    return new Promise((resolve) => {
      const settle = (heard: Heard) => {
        clearTimeout(late);
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        resolve(heard);
      };
      const onMessage = (answer: FoldAnswer) => {
        if (wanted(answer)) settle({ outcome: "answer", answer });
      };
      const onError = (error: unknown) => {
        settle({ outcome: "lost", reason: error instanceof Error ? error.message : String(error) });
      };
      const onExit = () => settle({ outcome: "lost", reason: "the worker thread ended" });
      const late = setTimeout(() => settle({ outcome: "lost", reason: `no answer in ${deadlineMs} ms` }), deadlineMs);
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    });
  }

  #make(): Worker {
    const { url, options } = foldEntry();
    const worker = new Worker(url, {
      ...options,
      name: "y-webpubsub-fold",
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
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

type Heard =
  | { readonly outcome: "answer"; readonly answer: FoldAnswer }
  | { readonly outcome: "lost"; readonly reason: string };

type Asked =
  | {
      readonly outcome: "answer";
      readonly answer: Extract<FoldAnswer, { readonly type: "folded" | "performed" }>;
      readonly tookMs: number;
    }
  | NotDone;

/** A view would be sent with the whole buffer behind it. `given`: large copies made here, which need no second copy. */
function owned({ payload, updates, compared }: FoldJob): {
  readonly job: FoldJob;
  readonly given: readonly ArrayBuffer[];
} {
  const given: ArrayBuffer[] = [];
  const own = (bytes: Uint8Array) => {
    const copy = tight(bytes);
    if (copy !== bytes && isMoved(copy)) given.push(copy.buffer);
    return copy;
  };
  const job = { payload: payload && own(payload), updates: updates.map(own) };
  return { job: compared === undefined ? job : { ...job, compared: own(compared) }, given };
}

function tight(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && !Buffer.isBuffer(bytes) ? bytes : new Uint8Array(bytes);
}
