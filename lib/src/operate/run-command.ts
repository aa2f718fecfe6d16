import { unreachable } from "y-webpubsub/core";
import { StoreError } from "../core/index.ts";
import { type LogSink, reasonOf } from "../log-line.ts";
import { Problem } from "../problems.ts";
import type { CommandLine } from "./command-line.ts";
import { examine, type Finding } from "./doctor.ts";
import { problemWords, runCompact, runDelete, runRestore, runVersions } from "./document-commands.ts";
import { serve } from "./serve.ts";
import { Settings } from "./settings.ts";
import { SettingError } from "./store-url.ts";
import { runExport, runImport } from "./transfer.ts";

/** Where a command writes: results to `out`, problems and progress to `err`. */
export interface Output {
  write(part: string | Uint8Array, done?: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: Output;
  readonly err: Output;
  readonly input: AsyncIterable<Uint8Array>;
  readonly log: LogSink;
  /** Resolves when the process is asked to end. */
  readonly stopped: () => Promise<void>;
}

export type Command = Extract<CommandLine, { readonly type: "command" }>;

/** Resolves with the exit code. What a user can repair is a sentence with the next step, never a stack. */
export async function runCommand(command: Command, around: Surroundings): Promise<number> {
  try {
    return await run(command, around, await Settings.read(command.options, around.environment));
  } catch (error) {
    around.err.write(`${explained(error)}\n`);
    return error instanceof SettingError ? 2 : 1;
  }
}

async function run(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  switch (command.name) {
    case "serve":
      return runServe(around, settings);
    case "doctor":
      return runDoctor(around, settings);
    case "compact":
      return runCompact(command, around, settings);
    case "export":
      return runExport(command, around, settings);
    case "import":
      return runImport(command, around, settings);
    case "versions":
      return runVersions(command, around, settings);
    case "restore":
      return runRestore(command, around, settings);
    case "delete":
      return runDelete(command, around, settings);
    default:
      throw unreachable(command.name);
  }
}

async function runServe({ out, log, stopped }: Surroundings, settings: Settings): Promise<number> {
  const serving = await serve(settings, log);
  out.write(`listening on ${serving.url}\n`);
  if (serving.metricsUrl !== null) out.write(`metrics on ${serving.metricsUrl}\n`);
  await stopped();
  log({ level: "info", event: "stopping" });
  await serving.stop();
  log({ level: "info", event: "stopped" });
  return 0;
}

async function runDoctor({ out }: Surroundings, settings: Settings): Promise<number> {
  let failed = 0;
  for await (const finding of examine(settings)) {
    out.write(lineOf(finding));
    if (finding.state === "failed") failed += 1;
  }
  out.write(failed === 0 ? "All is well.\n" : `${failed} failed.\n`);
  return failed === 0 ? 0 : 1;
}

function lineOf(finding: Finding): string {
  switch (finding.state) {
    case "ok":
      return `ok      ${finding.what}: ${finding.detail}\n`;
    case "note":
      return `note    ${finding.what}: ${finding.detail}\n        ${finding.next}\n`;
    case "failed":
      return `FAILED  ${finding.what}: ${finding.detail}\n        ${finding.next}\n`;
  }
}

function explained(error: unknown): string {
  if (error instanceof SettingError) return error.message;
  if (error instanceof Problem) return problemWords(error);
  if (error instanceof StoreError && error.code === "closed") {
    return `${error.message} A level: store is open in one process only: stop the server first, or ask it over HTTP.`;
  }
  return reasonOf(error);
}
