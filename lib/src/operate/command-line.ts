import { parseArgs } from "node:util";
import { helpOf } from "./help.ts";

export const commandNames = [
  "serve",
  "doctor",
  "compact",
  "export",
  "import",
  "versions",
  "restore",
  "delete",
] as const;
export type CommandName = (typeof commandNames)[number];

type Kind = "flag" | "list" | "text";

/** What every command takes, and what each takes besides. */
const common = {
  config: "text",
  store: "text",
  "connection-string": "text",
  hub: "text",
  quiet: "flag",
  help: "flag",
} as const satisfies Record<string, Kind>;

const own = {
  serve: {
    host: "text",
    port: "text",
    path: "text",
    authorize: "text",
    "jwt-secret": "text",
    "jwt-audience": "text",
    origin: "list",
    "trust-proxy": "text",
    "metrics-port": "text",
    "metrics-host": "text",
    "secondary-key": "text",
    "drain-seconds": "text",
    "history-days": "text",
    identity: "text",
    mode: "text",
  },
  doctor: { host: "text", port: "text", origin: "list", authorize: "text", "jwt-secret": "text" },
  compact: { all: "flag" },
  export: { all: "flag", out: "text" },
  import: { in: "text" },
  versions: { limit: "text", json: "flag" },
  restore: { version: "text" },
  delete: { yes: "flag" },
} as const satisfies Record<CommandName, Record<string, Kind>>;

/** Every option of some command: what a configuration file may hold. */
export const settingNames: ReadonlySet<string> = new Set(
  [common, ...Object.values(own)].flatMap((options) => Object.keys(options)).filter((name) => !isAct(name)),
);

/** Options that say what to do now, and are no setting. */
function isAct(name: string): boolean {
  return ["all", "config", "help", "json", "yes", "in", "out", "version", "quiet"].includes(name);
}

/** How many documents a command takes as words. */
const words: Readonly<Record<CommandName, "none" | "one" | "many">> = {
  serve: "none",
  doctor: "none",
  compact: "many",
  export: "many",
  import: "none",
  versions: "one",
  restore: "one",
  delete: "one",
};

/** What was given: texts by option name, repeated options as lists. */
export interface Options {
  readonly texts: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlySet<string>;
}

export type CommandLine =
  | { readonly type: "help"; readonly text: string }
  /** Nothing is done: `problem` says what is wrong and what to do. */
  | { readonly type: "wrong"; readonly problem: string }
  | {
      readonly type: "command";
      readonly name: CommandName;
      readonly documents: readonly string[];
      readonly options: Options;
    };

export function readCommandLine(args: readonly string[]): CommandLine {
  const [first, ...rest] = args;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") {
    const [topic] = rest;
    return { type: "help", text: helpOf(isCommand(topic) ? topic : null) };
  }
  if (!isCommand(first)) return wrong(`There is no command '${shown(first)}'. Commands: ${commandNames.join(", ")}.`);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(first, rest);
  } catch (error) {
    return wrong(problemWith(error, first));
  }
  const { values, positionals } = parsed;
  if (values["help"] === true) return { type: "help", text: helpOf(first) };
  const problem = wordsProblem(first, positionals, values["all"] === true);
  if (problem !== null) return wrong(problem);
  return { type: "command", name: first, documents: positionals, options: optionsOf(values) };
}

function isCommand(word: string | undefined): word is CommandName {
  return commandNames.some((name) => name === word);
}

function parse(name: CommandName, args: readonly string[]) {
  const kinds: Readonly<Record<string, Kind>> = { ...common, ...own[name] };
  const options = Object.fromEntries(
    Object.entries(kinds).map(([option, kind]) => [
      option,
      { type: kind === "flag" ? ("boolean" as const) : ("string" as const), multiple: kind === "list" },
    ]),
  );
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

function optionsOf(values: ReturnType<typeof parse>["values"]): Options {
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  const flags = new Set<string>();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "string") texts.set(name, value);
    else if (Array.isArray(value))
      lists.set(
        name,
        value.filter((item) => typeof item === "string"),
      );
    else if (value === true) flags.add(name);
  }
  return { texts, lists, flags };
}

function wordsProblem(name: CommandName, given: readonly string[], all: boolean): string | null {
  switch (words[name]) {
    case "none":
      return given.length === 0 ? null : `'${shown(given[0] ?? "")}' is not understood: ${name} takes options only.`;
    case "one":
      return given.length === 1 ? null : `${name} takes the id of one document: y-webpubsub-server ${name} <document>.`;
    case "many":
      if (all === given.length > 0) {
        return `${name} takes ids of documents, or --all: y-webpubsub-server ${name} <document> ...`;
      }
      return null;
  }
}

/** Of an unknown option Node says more than helps: what would make it no option. */
function problemWith(error: unknown, name: CommandName): string {
  const text = error instanceof Error ? error.message : String(error);
  const option = /^Unknown option '([^']*)'/.exec(text)?.[1];
  if (option === undefined) return text.split("\n", 1)[0] ?? text;
  const options = [...Object.keys(common), ...Object.keys(own[name])].map((known) => `--${known}`);
  return `${name} has no option '${shown(option)}'. It takes ${options.join(", ")}.`;
}

function wrong(problem: string): CommandLine {
  return { type: "wrong", problem };
}

/** A word of the command line as it may be printed: no control characters, not endless. */
function shown(word: string): string {
  return word.replace(/\p{Cc}/gu, "?").slice(0, 60);
}
