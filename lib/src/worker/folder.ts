import type { Folded, Folder, FoldJob } from "../core/ports.ts";
import { jobsOf, type Performed, type Performer, type Task } from "../history/tasks.ts";
import { FoldThread, type Ran } from "./fold-thread.ts";

export interface FolderLimits {
  /** Heap of the worker thread. */
  readonly memoryMb: number;
  /** Time for a fold, plus `deadlineMsPerMb` for each MB of snapshot and updates. */
  readonly deadlineMs: number;
  readonly deadlineMsPerMb: number;
  /** Folds waiting for the thread; more are refused. */
  readonly waitingMax: number;
}

export const folderLimits: FolderLimits = {
  memoryMb: 1_024,
  deadlineMs: 20_000,
  deadlineMsPerMb: 500,
  waitingMax: 1_000,
};

/** A fold that could not be done; the log it was made from is unchanged. */
export class FoldError extends Error {
  readonly code: "busy" | "closed" | "snapshot-unreadable" | "too-slow";
  constructor(code: FoldError["code"], message: string) {
    super(message);
    this.name = "FoldError";
    this.code = code;
  }
}

/** Where the folds run. */
export type Thread = Pick<FoldThread, "run" | "perform" | "close">;

/** Searching for updates that are too slow ends after as many finds. */
const slowMax = 8;

/**
 * The `Folder` of production: one worker thread, one fold at a time, each under a deadline. When a fold is too slow, the
 * updates that alone take more than half of the deadline are found and answered as bad. Nothing else is ever given up:
 * a document that is too large as a whole is an error, and stays in its log.
 */
export class WorkerFolder implements Folder, Performer {
  readonly #thread: Thread;
  readonly #limits: FolderLimits;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(limits: FolderLimits = folderLimits, thread: Thread = new FoldThread(limits.memoryMb)) {
    this.#limits = limits;
    this.#thread = thread;
  }

  fold(job: FoldJob): Promise<Folded> {
    return this.#inTurn(() => this.#fold(job));
  }

  /** In turn with the folds, under the same deadline. */
  perform(task: Task): Promise<Performed> {
    return this.#inTurn(() => this.#perform(task));
  }

  /** Folds that were not done are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
    await this.#last;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waitingMax) {
      return Promise.reject(new FoldError("busy", `${this.#waiting} folds are waiting. Try again later.`));
    }
    this.#waiting += 1;
    const turn = this.#last.then(work);
    this.#last = turn.then(
      () => this.#done(),
      () => this.#done(),
    );
    return turn;
  }

  async #perform(task: Task): Promise<Performed> {
    if (this.#closed) throw new FoldError("closed", "The server is closing.");
    const deadlineMs = jobsOf(task).reduce((sum, job) => sum + this.#deadlineMs(job), 0) || this.#limits.deadlineMs;
    const ran = await this.#thread.perform(task, deadlineMs);
    if (ran.outcome === "performed") return ran.performed;
    throw new FoldError(ran.outcome === "refused" ? "snapshot-unreadable" : "too-slow", ran.reason);
  }

  #done(): void {
    this.#waiting -= 1;
  }

  async #fold(job: FoldJob): Promise<Folded> {
    const slow: number[] = [];
    for (;;) {
      const left = without(job, slow);
      const ran = await this.#run(left.job);
      if (ran.outcome === "folded") return withBad(ran.folded, left.indexes, slow);
      if (ran.outcome === "refused") throw new FoldError("snapshot-unreadable", ran.reason);
      const found = slow.length < slowMax ? await this.#findSlow(left.job) : null;
      const index = found === null ? undefined : left.indexes[found];
      if (index === undefined) throw new FoldError("too-slow", `The document could not be folded: ${ran.reason}.`);
      slow.push(index);
    }
  }

  async #run(job: FoldJob): Promise<Ran> {
    if (this.#closed) throw new FoldError("closed", "The server is closing.");
    return this.#thread.run(job, this.#deadlineMs(job));
  }

  /** The first update with which a fold is lost that was done in half of the time without it; null: there is none. */
  async #findSlow(job: FoldJob): Promise<number | null> {
    let fine = 0;
    let lost = job.updates.length;
    const first = await this.#run({ ...job, updates: [] });
    if (first.outcome !== "folded") return null;
    let fineMs = first.tookMs;
    while (lost - fine > 1) {
      const middle = (fine + lost) >> 1;
      const ran = await this.#run({ ...job, updates: job.updates.slice(0, middle) });
      if (ran.outcome === "folded") {
        fine = middle;
        fineMs = ran.tookMs;
      } else {
        lost = middle;
      }
    }
    return lost > fine && fineMs < this.#deadlineMs(job) / 2 ? fine : null;
  }

  #deadlineMs({ payload, updates }: FoldJob): number {
    const bytes = updates.reduce((sum, update) => sum + update.length, payload?.length ?? 0);
    return this.#limits.deadlineMs + Math.ceil((bytes / 1e6) * this.#limits.deadlineMsPerMb);
  }
}

interface Left {
  readonly job: FoldJob;
  /** Where each update of the job stood before. */
  readonly indexes: readonly number[];
}

function without(job: FoldJob, slow: readonly number[]): Left {
  const indexes = job.updates.map((_, index) => index).filter((index) => !slow.includes(index));
  return { job: { ...job, updates: job.updates.filter((_, index) => !slow.includes(index)) }, indexes };
}

function withBad(folded: Folded, indexes: readonly number[], slow: readonly number[]): Folded {
  const original = (list: readonly number[]) => list.flatMap((index) => indexes[index] ?? []);
  const bad = [...original(folded.bad), ...slow].sort((one, other) => one - other);
  return { ...folded, bad, waiting: original(folded.waiting) };
}
