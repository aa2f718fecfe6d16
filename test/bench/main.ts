/** `npm run bench -- <name> [options]`: measures, prints a table, and writes it as JSON on demand. */
import { parseArgs } from "node:util";
import { type Picture, publish } from "./publish.ts";
import { machine, printTable, type Row, readReports, reportOf, versions, writeReport } from "./report.ts";

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
  /** Its program, loaded when it is to run. */
  load(): Promise<(options: BenchOptions) => Promise<readonly Row[]>>;
  /** Drawn beside its table in docs/benchmarks.md; without: the page has no place for its figures. */
  readonly pictures?: readonly Picture[];
}

const benches: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  [
    "service",
    {
      about: "the local service against plain relays: fan-out, memory, connects, slow readers",
      load: async () => (await import("./service/bench.ts")).benchService,
    },
  ],
  [
    "provider",
    {
      about: "the provider in a page: main-thread time of a keystroke, size of the bundle",
      load: async () => (await import("./provider/bench.ts")).benchProvider,
    },
  ],
  [
    "peers",
    {
      about: "beside y-websocket and Hocuspocus: saturation, latency, idle connections, bytes, reconnects",
      load: async () => (await import("./side-by-side/bench.ts")).benchPeers,
      pictures: [
        { title: "Server CPU when everybody types as fast as everybody hears", of: ": server CPU, ms for" },
        { title: "Until 500 people who come back have everything", of: "until all have everything" },
      ],
    },
  ],
  [
    "cost",
    {
      about: "what typing and joining cost the service: ours, two existing packages, the naive design",
      load: async () => (await import("./cost/bench.ts")).benchCost,
      pictures: [
        { title: "Deliveries in an hour of one person's typing", of: "typing: deliveries" },
        { title: "Bytes that one who comes costs the service", of: "one comes: bytes" },
      ],
    },
  ],
  [
    "server",
    {
      about: "saving, memory and large documents on LevelStore and PostgreSQL",
      load: async () => (await import("./server/bench.ts")).benchServer,
    },
  ],
  [
    "join",
    {
      about: "opening a long session and a large board: one and fifty, cold and warm, beside peers",
      load: async () => (await import("./join/bench.ts")).benchJoin,
    },
  ],
  [
    "whiteboard",
    {
      about: "the board in a real browser: frames with 10,000 shapes, loading, sizes",
      load: async () => (await import("./whiteboard/bench.ts")).benchWhiteboard,
    },
  ],
  [
    "history",
    {
      about: "a board with 100 versions: bytes, opening one, a restore",
      load: async () => (await import("./history/bench.ts")).benchHistory,
    },
  ],
]);

const help = `Usage: npm run bench -- <name> [options]

${[...benches].map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

  --quick           one short repeat of everything: shows that it works, measures nothing
  --only <part>     only the parts whose name contains this text
  --idle-total <n>  service: so many idle connections over several processes (default: what the machine holds)
  --trace <file>    join: the recorded session to replay
  --json <file>     also write the figures to a file
  --docs            also put table and pictures into docs (${publishable()})
  --from <file>     take the figures of an earlier --json instead of measuring; several are put together
  --help            this text
`;

// Peers leave timers behind when they are told to go.
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    (options === help ? process.stdout : process.stderr).write(options);
    return options === help ? 0 : 2;
  }
  console.log(`${options.name}: ${machine()}; ${versions()}\n`);
  const { name, bench, from, json, docs } = options;
  const report = from.length === 0 ? reportOf(name, await (await bench.load())(options)) : readReports(from);
  printTable(report.rows);
  if (json !== undefined) writeReport(json, report);
  if (docs) publish(report, bench.pictures ?? []);
  return 0;
}

type Options = BenchOptions & {
  readonly name: string;
  readonly bench: Bench;
  readonly json: string | undefined;
  readonly docs: boolean;
  readonly from: readonly string[];
};

function publishable(): string {
  return [...benches].flatMap(([name, { pictures }]) => (pictures === undefined ? [] : [name])).join(", ");
}

/** Options, or the text to print instead of measuring. */
function readOptions(args: readonly string[]): Options | string {
  let parsed: {
    readonly values: Partial<Record<string, string | boolean | string[]>>;
    readonly positionals: readonly string[];
  };
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
        docs: { type: "boolean" },
        from: { type: "string", multiple: true },
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
  const { quick, only, json, "idle-total": total, trace, docs, from } = values;
  if (docs === true && bench.pictures === undefined) {
    return `docs/benchmarks.md has no place for '${name}'. It has for: ${publishable()}. See npm run bench -- --help.\n`;
  }
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
    docs: docs === true,
    from: Array.isArray(from) ? from : [],
  };
}
