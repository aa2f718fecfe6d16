/**
 * `npm run sim -- [--seeds N] [--from S] [--jobs J] [--mutant name]` runs many worlds; `--seed S` runs one and prints its
 * plan, with `--trace` every event; `--shrink` looks for the smallest plan that still fails.
 */
import { parseArgs } from "node:util";
import { findMutant } from "./mutants.ts";
import { describeFailure, seedRange } from "./report.ts";
import { runSeeds } from "./runner.ts";
import { shrink } from "./shrink.ts";
import { planOf, runWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
    mutant: { type: "string" },
  },
});

process.exitCode = values.seed === undefined ? await runMany() : await runOne(Number(values.seed), values.trace);

async function runMany(): Promise<number> {
  const seeds = seedRange(Number(values.from), Number(values.seeds));
  const mutant = values.mutant === undefined ? undefined : findMutant(values.mutant);
  const started = Date.now();
  let done = 0;
  let failed = 0;
  await runSeeds({
    seeds,
    jobs: Number(values.jobs),
    ...(mutant === undefined ? {} : { mutant }),
    onResult(result) {
      done += 1;
      if (result.problem !== undefined) {
        failed += 1;
        console.log(`\n${describeFailure(result)}`);
      }
      progress(done, seeds.length, failed);
      return failed >= 40 || (mutant !== undefined && failed > 0);
    },
  });
  console.log(`\n${done} worlds, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return failed === 0 ? 0 : 1;
}

async function runOne(seed: number, trace: boolean): Promise<number> {
  const plan = values.shrink ? await shrink(seed) : planOf(seed);
  console.log(JSON.stringify(plan, null, 1));
  const result = await runWorld(seed, { plan, ...(trace ? { print: (line) => console.log(line) } : {}) });
  console.log(JSON.stringify(result.counts));
  console.log(result.problem === undefined ? `passed ${result.hash} ${result.ms} ms` : describeFailure(result));
  return result.problem === undefined ? 0 : 1;
}

function progress(done: number, total: number, failed: number): void {
  if (!process.stdout.isTTY) return;
  const filled = Math.round((done / total) * 40);
  process.stdout.write(`\r[${"#".repeat(filled)}${".".repeat(40 - filled)}] ${done}/${total}, ${failed} failed`);
}
