/** `npm run bench -- <name> [options]`: measures, prints a table, and writes it as JSON on demand. */
import { parseArgs } from "node:util";
import { benchHistory } from "./history/bench.ts";
import { benchJoin } from "./join/bench.ts";
import { benchProvider } from "./provider/bench.ts";
import { machine, printTable, type Row, versions, writeJson } from "./report.ts";
import { benchServer } from "./server/bench.ts";
import { benchService } from "./service/bench.ts";
import { benchWhiteboard } from "./whiteboard/bench.ts";

/** `only` picks the parts whose names contain it. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly only: string;
  /** Idle connections over several processes; undefined: as many as the machine holds. */
  readonly idleTotal: number | undefined;
  /** A recorded editing session; undefined: the usual one if it is there, else a generated one. */
  readonly trace: string | undefined;
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
  [
    "provider",
    {
      about: "the provider beside y-websocket and Hocuspocus: latency, units, main thread, bundle",
      run: benchProvider,
    },
  ],
  ["server", { about: "saving, memory and large documents on LevelStore and PostgreSQL", run: benchServer }],
  [
    "join",
    { about: "opening a long session and a large board: one and fifty, cold and warm, beside peers", run: benchJoin },
  ],
  [
    "whiteboard",
    { about: "the board in a real browser: frames with 10,000 shapes, loading, sizes", run: benchWhiteboard },
  ],
  ["history", { about: "a board with 100 versions: bytes, opening one, a restore", run: benchHistory }],
]);

const help = `Usage: npm run bench -- <name> [options]

${[...benches].map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

  --quick           one short repeat of everything: shows that it works, measures nothing
  --only <part>     only the parts whose name contains this text
  --idle-total <n>  service: so many idle connections over several processes (default: what the machine holds)
  --trace <file>    join: the recorded session to replay
  --json <file>     also write the figures to a file
  --help            this text
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
        "idle-total": { type: "string" },
        trace: { type: "string" },
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
  const { quick, only, json, "idle-total": total, trace } = values;
  const idleTotal = total === undefined ? undefined : Number(total);
  if (idleTotal !== undefined && !(Number.isInteger(idleTotal) && idleTotal > 0)) {
    return `--idle-total takes a whole number of connections, not '${String(total)}'. See npm run bench -- --help.\n`;
  }
  return {
    name,
    bench,
    quick: quick === true,
    only: typeof only === "string" ? only : "",
    idleTotal,
    trace: typeof trace === "string" ? trace : undefined,
    json: typeof json === "string" ? json : undefined,
  };
}
