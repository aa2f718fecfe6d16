/** `npm run sim`: runs many worlds or one; `--help` says how. */
import { type Command, help, readCommandLine } from "./command-line.ts";
import { LongRun } from "./long-run.ts";
import { planOf } from "./plan.ts";
import { describeFailure } from "./report.ts";
import { runSeeds } from "./runner.ts";
import { shrink } from "./shrink.ts";
import { runWorld } from "./world.ts";

/** Shorter runs have their result soon enough. */
const linesFrom = 5_000;
/** More say nothing new. */
const failedMax = 40;

process.exitCode = await run(readCommandLine(process.argv.slice(2))).catch((error: unknown) => {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  return 2;
});

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

async function runMany({ jobs, mutant, resume, ...wanted }: Extract<Command, { type: "many" }>): Promise<number> {
  const run = new LongRun(wanted, resume);
  const { failed, tally } = run;
  const before = { worlds: run.done, started: Date.now() };
  let worlds = run.done;
  const mayGoOn = (): boolean => failed.length < failedMax && (mutant === undefined || failed.length === 0);
  while (run.block.length > 0 && mayGoOn()) {
    const began = Date.now();
    await runSeeds({
      seeds: run.block,
      jobs,
      ...(mutant === undefined ? {} : { mutant }),
      onResult(result) {
        worlds += 1;
        tally.add(result);
        if (result.problem !== undefined) {
          failed.push(result.seed);
          console.log(`\n${describeFailure(result)}`);
        }
        progress({ worlds, of: run.seeds.length, failed: failed.length }, before);
        return !mayGoOn();
      },
    });
    if (mayGoOn()) run.keep(Date.now() - began);
  }
  console.log(`\n${tally.lines().join("\n")}`);
  const seconds = (resume === undefined ? Date.now() - before.started : run.elapsedMs) / 1000;
  console.log(`\n${worlds} worlds, ${failed.length} failed, ${seconds.toFixed(1)} s`);
  return failed.length === 0 ? 0 : 1;
}

async function runOne({ seed, trace, shrink: smallest }: Extract<Command, { type: "one" }>): Promise<number> {
  const plan = smallest ? await shrink(seed) : planOf(seed);
  console.log(JSON.stringify(plan, null, 1));
  const result = await runWorld(seed, { plan, ...(trace ? { print: (line) => console.log(line) } : {}) });
  console.log(JSON.stringify(result.counts));
  console.log(result.problem === undefined ? `passed ${result.hash} ${result.ms} ms` : describeFailure(result));
  return result.problem === undefined ? 0 : 1;
}

interface Progress {
  readonly worlds: number;
  readonly of: number;
  readonly failed: number;
}

/** A bar for people; where nobody looks, a line for each twentieth. `before`: when and with how many done this began. */
function progress(
  { worlds, of, failed }: Progress,
  before: { readonly worlds: number; readonly started: number },
): void {
  const leftMinutes = (((Date.now() - before.started) / (worlds - before.worlds)) * (of - worlds)) / 60_000;
  const words = `${worlds}/${of}, ${failed} failed, ${leftMinutes.toFixed(1)} min left`;
  if (process.stdout.isTTY) {
    const filled = Math.round((worlds / of) * 40);
    process.stdout.write(`\r[${"#".repeat(filled)}${".".repeat(40 - filled)}] ${words} `);
  } else if (of >= linesFrom && worlds % Math.ceil(of / 20) === 0) console.log(words);
}
