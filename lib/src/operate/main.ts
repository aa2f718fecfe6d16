import { type LogLine, reasonOf } from "../log-line.ts";
import { readCommandLine } from "./command-line.ts";
import { runCommand } from "./run-command.ts";

/** Exit codes: 0 done, 1 failed, 2 the command line is wrong. */
async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args);
  switch (line.type) {
    case "help":
      process.stdout.write(line.text);
      return 0;
    case "wrong":
      process.stderr.write(`${line.problem}\nSee y-webpubsub-server --help.\n`);
      return 2;
    case "command":
      return runCommand(line, {
        environment: process.env,
        out: process.stdout,
        err: process.stderr,
        input: process.stdin,
        log: (entry: LogLine) => {
          const loud = entry.level !== "info" || !line.options.flags.has("quiet");
          if (loud) process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
        },
        stopped: signalled,
      });
  }
}

async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}

// Whoever read our lines may be gone; the editors are not.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
// An error that nobody awaited leaves the process in a state that nobody knows: say it, and let it be started again.
process.once("uncaughtException", (error: unknown) => {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const at = stack.split("\n").filter((line) => line.trim().startsWith("at "));
  process.stderr.write(`${JSON.stringify({ level: "error", event: "crashed", reason: reasonOf(error), stack: at })}\n`);
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));
