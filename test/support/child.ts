import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { built } from "./built.ts";

const root = resolve(import.meta.dirname, "../..");

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The child is up when its output matches; the first group (or the whole match) is handed back. */
  readonly ready: RegExp;
}

/** A process of ours, started from its sources, ended by its pid. */
export interface Child {
  readonly pid: number;
  /** What `ready` matched. */
  readonly said: string;
  /** Everything it printed so far. */
  output(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `file` (a path inside the repository) and waits until it says that it is ready. Rejects with its output when it ends first. */
export async function startChild(file: string, options: ChildOptions): Promise<Child> {
  const child = spawn(process.execPath, [built(file), ...(options.args ?? [])], {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exited = once(child, "exit");
  const said = await new Promise<string>((done, fail) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = options.ready.exec(output);
      if (match) done(match[1] ?? match[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", fail);
    child.on("exit", (code) => fail(new Error(`${file} ended with ${code} before it was ready:\n${output}`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} has no pid.`);
  return { pid, said, output: () => output, kill: (signal = "SIGKILL") => end(child, exited, signal) };
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await exited;
}
