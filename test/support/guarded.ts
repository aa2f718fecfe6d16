import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface GuardedOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Who runs it; default: the user of this process. */
  readonly uid?: number;
  readonly gid?: number;
  /** What ends it in good order. */
  readonly signal: "INT" | "TERM";
  /** It is up when its output matches; the first group (or the whole match) is handed back. */
  readonly ready: RegExp;
}

/** A server of somebody else. It ends with this process, however that ends. */
export interface Guarded {
  /** What `ready` matched. */
  readonly said: string;
  stop(): Promise<void>;
}

/** Ends the server when its own input ends, and itself when the server does. */
const guard = `exec 3<&0
"$@" </dev/null 3<&- & server=$!
(while read -r line; do :; done; kill -"$SIGNAL" $server) <&3 2>/dev/null & reader=$!
wait $server; code=$?
kill $reader 2>/dev/null
exit $code`;

/** Starts it, and rejects with its output when it ends before it is ready. */
export async function startGuarded(command: readonly string[], options: GuardedOptions): Promise<Guarded> {
  const { ready, signal, env = process.env, ...rest } = options;
  const child = spawn("/bin/sh", ["-c", guard, "sh", ...command], {
    ...rest,
    env: { ...env, SIGNAL: signal },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const said = await readiness(child, ready);
  return {
    said,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

function readiness(child: ChildProcess, ready: RegExp): Promise<string> {
  let output = "";
  return new Promise((done, fail) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = ready.exec(output);
      if (!match) return;
      // From here on nobody reads what it prints; it must not wait for a reader either.
      for (const stream of [child.stdout, child.stderr]) stream?.off("data", read).resume();
      done(match[1] ?? match[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.on("error", fail);
    child.on("exit", (code) =>
      fail(new Error(`${child.spawnargs[4]} ended with ${code} before it was ready:\n${output}`)),
    );
  });
}
