import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** What a bench process can be asked for. An argument and an answer are plain data: they travel as JSON. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

/** A process of ours that answers calls over its channel. */
export interface Remote<C extends Calls> {
  /** Rejects with what the process said when the call failed or the process ended. */
  call<N extends keyof C & string>(name: N, ...argument: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>>;
  end(): Promise<void>;
  /** As a power cut would end it. */
  kill(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly problem: string };

interface Pending {
  readonly done: (value: never) => void;
  readonly fail: (error: Error) => void;
}

/** Starts `file` (relative to this folder) with a garbage collector that can be asked to run. */
export function startProcess<C extends Calls>(file: string, args: readonly string[] = []): Remote<C> {
  const child = fork(resolve(import.meta.dirname, file), args, {
    execArgv: ["--expose-gc", "--conditions=y-webpubsub-source", "--import", "tsx", ...profiling(file)],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const pending = new Map<number, Pending>();
  let next = 1;
  child.on("message", (answer: Answer) => {
    const waiting = pending.get(answer.id);
    pending.delete(answer.id);
    if (answer.ok) waiting?.done(answer.value as never);
    else waiting?.fail(new Error(answer.problem));
  });
  const exited = once(child, "exit").then(([code, signal]) => {
    for (const { fail } of pending.values()) fail(new Error(`${file} ended with ${String(code ?? signal)}.`));
    pending.clear();
  });
  return {
    call: (name, ...[argument]) =>
      new Promise((done, fail) => {
        const id = next++;
        pending.set(id, { done, fail });
        child.send({ id, name, argument } satisfies Question, (error) => error !== null && fail(error));
      }),
    end: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The other end: answers calls until the channel closes, then ends the process. */
export function answerCalls(calls: Calls): void {
  process.on("message", (question: Question) => void answer(calls, question));
  process.on("disconnect", () => process.exit(0));
}

async function answer(calls: Calls, { id, name, argument }: Question): Promise<void> {
  const reply = (answer: Answer) => process.send?.(answer);
  try {
    const call = calls[name];
    if (call === undefined) throw new Error(`There is no call '${name}'.`);
    reply({ id, ok: true, value: await call(argument as never) });
  } catch (error) {
    reply({ id, ok: false, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

/** `BENCH_PROFILE=folder` writes a CPU profile of each server process. */
function profiling(file: string): readonly string[] {
  const folder = process.env["BENCH_PROFILE"];
  return folder !== undefined && file.endsWith("server.ts") ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
}
