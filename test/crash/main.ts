/** `npm run crash`: breaks each store in every way and counts what it was told and does not have. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, help, readCommandLine } from "./command-line.ts";
import { describe, isKept, type LegOptions, type Outcome } from "./leg.ts";
import { levelLegs } from "./legs.ts";
import { type SharedStoreName, sharedLegs, sharedStores, startBackend } from "./shared-legs.ts";

interface Runnable {
  readonly name: string;
  readonly share: number;
  readonly impossible: string | null;
  run(options: LegOptions): Promise<Outcome>;
  readonly control: ((options: LegOptions) => Promise<Outcome>) | null;
}

type Run = Extract<Command, { readonly type: "run" }>;

let run = 0;
let failed = 0;

async function breakStore(store: string, legs: readonly Runnable[], { cycles, seed, leg: wanted }: Run): Promise<void> {
  const say = (word: string, name: string, what: string) => console.log(`${word.padEnd(8)} ${store}  ${name}: ${what}`);
  for (const leg of legs) {
    if (wanted !== undefined && leg.name !== wanted) continue;
    if (leg.impossible !== null) {
      say("not run", leg.name, leg.impossible);
      continue;
    }
    const options = { seed, cycles: Math.max(1, Math.round(cycles * leg.share)) };
    const outcome = await leg.run(options);
    run += 1;
    if (!isKept(outcome)) failed += 1;
    say(isKept(outcome) ? "kept" : "BROKEN", leg.name, describe(outcome));
    if (leg.control === null) continue;
    const control = await leg.control(options);
    if (isKept(control)) failed += 1;
    say(isKept(control) ? "BLIND" : "control", leg.name, describe(control));
  }
}

async function breakLevel(command: Run): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "y-webpubsub-crash-"));
  const legs = levelLegs.map(({ name, share, impossible, run, control }) => ({
    name,
    share,
    impossible: impossible(),
    run: (options: LegOptions) => run(directory, options),
    control: control && ((options: LegOptions) => control(directory, options)),
  }));
  await breakStore("level", legs, command);
  rmSync(directory, { recursive: true });
}

async function breakShared(store: SharedStoreName, command: Run): Promise<void> {
  const backend = await startBackend(store);
  const legs = sharedLegs.map(({ name, share, run, control }) => ({
    name,
    share,
    impossible: null,
    run: (options: LegOptions) => run(backend, options),
    control: control && ((options: LegOptions) => control(backend, options)),
  }));
  try {
    await breakStore(store, legs, command);
  } finally {
    await backend.stop();
  }
}

const command = readCommandLine(process.argv.slice(2));
switch (command.type) {
  case "help":
    console.log(help);
    break;
  case "wrong":
    console.error(`${command.problem}\n\n${help}`);
    process.exitCode = 2;
    break;
  case "run":
    console.log(`seed ${command.seed}, ${command.cycles} cycles`);
    if (command.store === undefined || command.store === "level") await breakLevel(command);
    for (const store of sharedStores) {
      if (command.store === undefined || command.store === store) await breakShared(store, command);
    }
    console.log(`${run} legs, ${failed} failed`);
    process.exitCode = failed === 0 && run > 0 ? 0 : 1;
}
