import { parseArgs } from "node:util";
import { findMutant, type Mutant, mutants } from "./mutants.ts";

export const help = `npm run sim -- [--seeds N] [--from S] [--jobs J] [--mutant "name"] [--resume FILE]
    many worlds, default 2,000 with 2 processes: from seed 1, a fifth of them with duplicated tabs, a tenth with slow
    signatures, a tenth with new logins; with --from the seeds from there on. --resume keeps the run in a file: stopped, the same command goes on where it was.
npm run sim -- --seed S [--trace] [--shrink]
    one world: its plan, every event, the smallest failing plan

Planted bugs for --mutant:
${mutants.map(({ name }) => `  ${name}`).join("\n")}
`;

export type Command =
  | { readonly type: "help" }
  /** `problem` says what is wrong; the next step is the help. */
  | { readonly type: "wrong"; readonly problem: string }
  | {
      readonly type: "many";
      readonly seeds: number;
      /** Null: the mixture of `mixedSeeds`. */
      readonly from: number | null;
      readonly jobs: number;
      readonly mutant: Mutant | undefined;
      readonly resume: string | undefined;
    }
  | { readonly type: "one"; readonly seed: number; readonly trace: boolean; readonly shrink: boolean };

/** Reads the arguments. A run that would simulate nothing is wrong, never green. */
export function readCommandLine(args: readonly string[]): Command {
  try {
    const { values } = parse(args);
    if (values.help) return { type: "help" };
    if (values.seed !== undefined) {
      return { type: "one", seed: whole("seed", values.seed, 0), trace: values.trace, shrink: values.shrink };
    }
    if (values.trace || values.shrink) throw new RangeError("--trace and --shrink go with --seed.");
    return {
      type: "many",
      seeds: whole("seeds", values.seeds, 1),
      from: values.from === undefined ? null : whole("from", values.from, 0),
      jobs: whole("jobs", values.jobs, 1),
      mutant: values.mutant === undefined ? undefined : findMutant(values.mutant),
      resume: values.resume,
    };
  } catch (error) {
    return { type: "wrong", problem: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "2000" },
      from: { type: "string" },
      jobs: { type: "string", default: "2" },
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      mutant: { type: "string" },
      resume: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is "${text}". It takes a whole number from ${least} on.`);
}
