import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";
import type { WorldResult } from "./world.ts";

export interface RunOptions {
  readonly seeds: readonly number[];
  /** Worlds at a time, each in a process of its own. */
  readonly jobs: number;
  readonly mutant?: Mutant;
  /** Stops early when it answers true. */
  readonly onResult: (result: WorldResult) => boolean;
}

const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));
const loader = new URL("./mutate-loader.mjs", import.meta.url).href;
/** A world takes far less than a second of a processor; one that takes this long hangs, however busy the machine is. */
const hangMs = 300_000;

/** Runs every seed once, in any order; resolves when all are done or `onResult` said stop. */
export async function runSeeds(options: RunOptions): Promise<void> {
  const left = [...options.seeds];
  const stop = { wanted: false };
  const jobs = Math.max(1, Math.min(options.jobs, left.length));
  await Promise.all(Array.from({ length: jobs }, () => runSome(options, left, stop)));
}

async function runSome(options: RunOptions, left: number[], stop: { wanted: boolean }): Promise<void> {
  let child = start(options.mutant);
  try {
    for (let seed = left.shift(); seed !== undefined && !stop.wanted; seed = left.shift()) {
      const result = await ask(child, seed);
      if (result.problem?.startsWith("hung") === true) {
        child.kill("SIGKILL");
        child = start(options.mutant);
      }
      if (!stop.wanted && options.onResult(result)) stop.wanted = true;
    }
  } finally {
    child.kill("SIGKILL");
  }
}

function start(mutant: Mutant | undefined): ChildProcess {
  const mutated = mutant === undefined ? [] : ["--import", loader];
  return fork(worker, {
    execArgv: ["--conditions=y-webpubsub-source", ...mutated, "--import", "tsx"],
    env: { ...process.env, ...(mutant === undefined ? {} : { Y_WEBPUBSUB_MUTANT: JSON.stringify(mutant) }) },
    // Yjs says on stdout that ids met, which is what many worlds are about.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** The result of one world. A process that ends is a bug of the machinery, never a finding. */
function ask(child: ChildProcess, seed: number): Promise<WorldResult> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      child.removeAllListeners("message");
      child.removeAllListeners("exit");
      finish();
    };
    const timer = setTimeout(() => {
      const hung: WorldResult = { seed, problem: "hung: the world did not return", hash: "", counts: {}, ms: hangMs };
      settle(() => resolve(hung));
    }, hangMs);
    child.on("message", (message: WorldResult) => settle(() => resolve(message)));
    child.on("exit", (code) => settle(() => reject(new Error(`The worker ended with code ${code} at seed ${seed}.`))));
    child.send({ seed });
  });
}
