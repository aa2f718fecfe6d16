import type { WorkerOptions } from "node:worker_threads";

const fromSources = import.meta.url.endsWith(".ts");

/** What a fold thread runs, and what it needs for that. */
export interface FoldEntry {
  readonly url: URL;
  readonly options: Pick<WorkerOptions, "execArgv">;
}

/** From sources the thread needs a TypeScript loader of its own; `--import tsx` does not reach worker threads. */
export function foldEntry(): FoldEntry {
  if (!fromSources) return { url: new URL("./fold-worker.js", import.meta.url), options: {} };
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const worker = JSON.stringify(new URL("./fold-worker.ts", import.meta.url).href);
  return {
    url: new URL(`data:text/javascript,import { register } from ${loader}; register(); await import(${worker});`),
    options: { execArgv: ["--conditions=y-webpubsub-source"] },
  };
}
