import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** `npm start` as a process, as a person would run it. */
export class Whiteboard {
  readonly #process: ChildProcess;
  #output = "";
  readonly #looks = new Set<() => void>();
  readonly exited: Promise<number | null>;

  constructor(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
    const flags = ["--conditions=y-webpubsub-source", "--import", "tsx"];
    const { WEBPUBSUB_CONNECTION_STRING: _ours, ...inherited } = process.env;
    this.#process = spawn(process.execPath, [...flags, "demo-whiteboard/start.ts", ...args], {
      cwd: root,
      env: { ...inherited, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString();
        for (const look of this.#looks) look();
      });
    }
    this.exited = new Promise((done) => this.#process.once("close", (code) => done(code)));
    void this.exited.then(() => {
      for (const look of this.#looks) look();
    });
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves with the first match in what was printed; rejects with the output when the process ends without it. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((found, missed) => {
      const look = (): void => {
        const match = pattern.exec(this.#output);
        if (match !== null) found(match);
        else if (this.#process.exitCode !== null) missed(new Error(`${pattern} was not printed:\n${this.#output}`));
        else return;
        this.#looks.delete(look);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** The process ids of the children whose command line names the file. */
  children(file: string): readonly number[] {
    return execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(this.#process.pid)], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(file))
      .map((line) => Number.parseInt(line, 10));
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ctrl+C, and the wait for the end; the exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) this.signal("SIGINT");
    return await this.exited;
  }
}
