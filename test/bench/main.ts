/** `npm run bench -- <name> [options]`: measures, prints a table, and writes it as JSON on demand. */
import { parseArgs } from "node:util";
import { machine, printTable, type Row, versions, writeJson } from "./report.ts";
import { benchService } from "./service/bench.ts";

/** `only` picks the parts whose names contain it. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly only: string;
}

interface Bench {
  readonly about: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

const benches: ReadonlyMap<string, Bench> = new Map([
  [
    "service",
    { about: "the local service against plain relays: fan-out, memory, connects, slow readers", run: benchService },
  ],
]);

const help = `Usage: npm run bench -- <name> [options]

${[...benches].map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

  --quick        one short repeat of everything: shows that it works, measures nothing
  --only <part>  only the parts whose name contains this text
  --json <file>  also write the figures to a file
  --help         this text
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    (options === help ? process.stdout : process.stderr).write(options);
    return options === help ? 0 : 2;
  }
  console.log(`${options.name}: ${machine()}; ${versions()}\n`);
  const rows = await options.bench.run(options);
  printTable(rows);
  if (options.json !== undefined) writeJson(options.json, options.name, rows);
  return 0;
}

type Options = BenchOptions & { readonly name: string; readonly bench: Bench; readonly json: string | undefined };

/** Options, or the text to print instead of measuring. */
function readOptions(args: readonly string[]): Options | string {
  let parsed: { readonly values: Partial<Record<string, string | boolean>>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        only: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\nSee npm run bench -- --help.\n`;
  }
  const { values, positionals } = parsed;
  if (values["help"] === true) return help;
  const [name, second] = positionals;
  const names = [...benches.keys()].join(", ");
  if (name === undefined) return `Name the bench: ${names}. See npm run bench -- --help.\n`;
  if (second !== undefined) return `One bench at a time, not '${second}' as well. See npm run bench -- --help.\n`;
  const bench = benches.get(name);
  if (bench === undefined) return `There is no bench '${name}'. There is: ${names}. See npm run bench -- --help.\n`;
  const { quick, only, json } = values;
  return {
    name,
    bench,
    quick: quick === true,
    only: typeof only === "string" ? only : "",
    json: typeof json === "string" ? json : undefined,
  };
}
