import { parseArgs } from "node:util";
import { levelLegs } from "./legs.ts";
import { sharedLegs, sharedStores } from "./shared-legs.ts";

const stores: readonly string[] = ["level", ...sharedStores];
const legs = [...new Set([...levelLegs, ...sharedLegs].map(({ name }) => name))];

export const help = `npm run crash -- [--cycles N] [--seed S] [--store NAME] [--leg "name"]   default 25 cycles, seed 1, everything

Each leg runs against the shipped store, which must keep every acknowledged upload exactly once, and, where there is
one, against a control with a fault, which must not.

Stores: ${stores.join(", ")}
Legs:
${legs.map((name) => `  ${name}`).join("\n")}`;

export type Command =
  | { readonly type: "help" }
  | { readonly type: "wrong"; readonly problem: string }
  | {
      readonly type: "run";
      readonly cycles: number;
      readonly seed: number;
      readonly store: string | undefined;
      readonly leg: string | undefined;
    };

export function readCommandLine(args: readonly string[]): Command {
  try {
    const { values } = parse(args);
    if (values.help) return { type: "help" };
    const { store, leg } = values;
    return {
      type: "run",
      cycles: whole("cycles", values.cycles, 1),
      seed: whole("seed", values.seed, 0),
      store: store === undefined ? undefined : oneOf("store", store, stores),
      leg: leg === undefined ? undefined : oneOf("leg", leg, legs),
    };
  } catch (error) {
    return { type: "wrong", problem: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      cycles: { type: "string", default: "25" },
      seed: { type: "string", default: "1" },
      store: { type: "string" },
      leg: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
}

function oneOf(what: string, text: string, names: readonly string[]): string {
  if (names.includes(text)) return text;
  throw new RangeError(`There is no ${what} "${text}".`);
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is "${text}". It takes a whole number from ${least} on.`);
}
