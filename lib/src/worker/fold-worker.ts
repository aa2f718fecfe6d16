/** Runs folds in its own thread: whatever an update does to Yjs, the server goes on. Started by `WorkerFolder` only. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { assert, unreachable } from "y-webpubsub/core";
import { foldDocument } from "../core/fold.ts";
import { historyLimits } from "../history/limits.ts";
import { Shelf } from "../history/shelf.ts";
import { performWith } from "../history/tasks.ts";
import { type FoldAnswer, type FoldRequest, isMoved, type Job } from "./fold-message.ts";

assert(parentPort, "fold-worker runs as a worker thread");
const port: MessagePort = parentPort;
const shelf = new Shelf(historyLimits.shelf);
/** Whoever looked at a version may restore it next; after a while nobody does. */
const cleared = setTimeout(() => shelf.clear(), historyLimits.shelfMs);

port.on("message", ({ number, job }: FoldRequest) => {
  try {
    const answer = answerTo(number, job);
    port.postMessage(answer, movedWith(answer));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "refused", number, reason } satisfies FoldAnswer);
  }
});
port.postMessage({ type: "ready" } satisfies FoldAnswer);

function answerTo(number: number, job: Job): FoldAnswer {
  switch (job.type) {
    case "fold":
      return { type: "folded", number, folded: foldDocument(job.job) };
    case "task":
      cleared.refresh();
      return { type: "performed", number, performed: performWith(job.task, shelf) };
    default:
      throw unreachable(job);
  }
}

/** Nobody here needs the new snapshot any more. */
function movedWith(answer: FoldAnswer): ArrayBuffer[] {
  return answer.type === "folded" && isMoved(answer.folded.payload) ? [answer.folded.payload.buffer] : [];
}
