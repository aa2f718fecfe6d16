/** `npm run soak -- --minutes N`: real pages on real processes for a while, with faults, and what is left in the end. */
import { parseArgs } from "node:util";
import { type Outcome, type SoakOptions, soak } from "./soak.ts";

const help = `npm run soak -- --minutes N [--pages P] [--seed S]   default 3 pages, seed 1

Chromium pages draw on the whiteboard. By a plan that follows from the seed they lose their network, are frozen, and are
loaded anew; in the first half of the time server and service are killed and started again as well. In the end everybody,
and somebody new, must have the same board with everything that was ever on one. Memory is told for the second half.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    (options === help ? process.stdout : process.stderr).write(options);
    return options === help ? 0 : 2;
  }
  const outcome = await soak(options, (line) => console.log(line));
  print(outcome, options);
  return outcome.failures.length === 0 ? 0 : 1;
}

/** Options, or the text to print instead. */
function readOptions(args: readonly string[]): SoakOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: "string" },
        pages: { type: "string", default: "3" },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return help;
    if (values.minutes === undefined) return "Say how long: --minutes N. See npm run soak -- --help.\n";
    return {
      minutes: numberOf("minutes", values.minutes, 0.1),
      pages: Math.ceil(numberOf("pages", values.pages, 2)),
      seed: numberOf("seed", values.seed, 0),
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nSee npm run soak -- --help.\n`;
  }
}

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
  throw new RangeError(`--${name} is "${text}". It takes a number from ${least} on.`);
}

function print({ steps, drawn, failures, memory }: Outcome, { minutes, pages, seed }: SoakOptions): void {
  const taken = Object.entries(steps).map(([type, count]) => `${type} ${count}`);
  console.log(`\n${minutes} minutes, ${pages} pages, seed ${seed}: ${taken.join(", ")}; ${drawn} shapes`);
  for (const { name, first, last, slope } of memory) {
    const hourly = slope === undefined ? "" : `, ${slope.toFixed(1)} MB an hour`;
    console.log(`${name}: ${first.toFixed(1)} MB, in the end ${last.toFixed(1)} MB${hourly}`);
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(failures.length === 0 ? "Everything is there, and alike everywhere." : `${failures.length} failures`);
}
