/** `npm run sim`: runs many worlds or one; `--help` says how. */
import { type Command, help, readCommandLine } from "./command-line.ts";
import { planOf } from "./plan.ts";
import { describeFailure, seedRange } from "./report.ts";
import { runSeeds } from "./runner.ts";
import { shrink } from "./shrink.ts";
import { Tally } from "./tally.ts";
import { runWorld } from "./world.ts";

/** Shorter runs have their result soon enough. */
const linesFrom = 5_000;

process.exitCode = await run(readCommandLine(process.argv.slice(2)));

async function run(command: Command): Promise<number> {
  switch (command.type) {
    case "help":
      console.log(help);
      return 0;
    case "wrong":
      console.error(`${command.problem}\nSee npm run sim -- --help.`);
      return 2;
    case "many":
      return runMany(command);
    case "one":
      return runOne(command);
  }
}

async function runMany({ from, seeds: count, jobs, mutant }: Extract<Command, { type: "many" }>): Promise<number> {
  const seeds = seedRange(from, count);
  const started = Date.now();
  const tally = new Tally();
  let done = 0;
  let failed = 0;
  await runSeeds({
    seeds,
    jobs,
    ...(mutant === undefined ? {} : { mutant }),
    onResult(result) {
      done += 1;
      tally.add(result);
      if (result.problem !== undefined) {
        failed += 1;
        console.log(`\n${describeFailure(result)}`);
      }
      progress(done, seeds.length, failed, started);
      return failed >= 40 || (mutant !== undefined && failed > 0);
    },
  });
  console.log(`\n${tally.lines().join("\n")}`);
  console.log(`\n${done} worlds, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return failed === 0 ? 0 : 1;
}

async function runOne({ seed, trace, shrink: smallest }: Extract<Command, { type: "one" }>): Promise<number> {
  const plan = smallest ? await shrink(seed) : planOf(seed);
  console.log(JSON.stringify(plan, null, 1));
  const result = await runWorld(seed, { plan, ...(trace ? { print: (line) => console.log(line) } : {}) });
  console.log(JSON.stringify(result.counts));
  console.log(result.problem === undefined ? `passed ${result.hash} ${result.ms} ms` : describeFailure(result));
  return result.problem === undefined ? 0 : 1;
}

/** A bar for people; where nobody looks, a line for each twentieth. */
function progress(done: number, total: number, failed: number, started: number): void {
  const leftMinutes = (((Date.now() - started) / done) * (total - done)) / 60_000;
  const words = `${done}/${total}, ${failed} failed, ${leftMinutes.toFixed(1)} min left`;
  if (process.stdout.isTTY) {
    const filled = Math.round((done / total) * 40);
    process.stdout.write(`\r[${"#".repeat(filled)}${".".repeat(40 - filled)}] ${words} `);
  } else if (total >= linesFrom && done % Math.ceil(total / 20) === 0) console.log(words);
}
