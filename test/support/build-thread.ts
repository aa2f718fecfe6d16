import { built } from "./built.ts";

/** Before the tests: esbuild leaves a process behind, which would hold open whatever files a test has open by then. */
export function setup(): void {
  built("lib/src/worker/fold-worker.ts");
}
