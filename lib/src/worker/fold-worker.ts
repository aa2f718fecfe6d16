/** Runs folds in its own thread: whatever an update does to Yjs, the server goes on. Started by `WorkerFolder` only. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { assert } from "y-webpubsub/core";
import { foldDocument } from "../core/fold.ts";
import type { FoldAnswer, FoldRequest } from "./fold-message.ts";

assert(parentPort, "fold-worker runs as a worker thread");
const port: MessagePort = parentPort;

port.on("message", ({ number, job }: FoldRequest) => {
  try {
    const folded = foldDocument(job);
    port.postMessage({ type: "folded", number, folded } satisfies FoldAnswer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: "refused", number, reason } satisfies FoldAnswer);
  }
});
port.postMessage({ type: "ready" } satisfies FoldAnswer);
