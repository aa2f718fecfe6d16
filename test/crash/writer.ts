import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { DocumentId, SessionId } from "y-webpubsub/core";
import { built } from "../support/built.ts";
import type { Ledger } from "./ledger.ts";
import type { WriterPlan } from "./writer-process.ts";

const root = resolve(import.meta.dirname, "../..");

/** A command that the writer's own command is appended to. */
export type Wrapper = readonly string[];

/** One writer process as its parent sees it: what it says goes into the ledger, line by line. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #ledger: Ledger;
  readonly #closed: Promise<unknown>;
  readonly #waiting: Set<() => void> = new Set();
  readonly sessions: SessionId[] = [];
  /** What it said that is none of a writer's ordinary words. */
  readonly complaints: string[] = [];
  readonly failures: Map<string, number> = new Map();
  acknowledged = 0;
  compactions = 0;
  #phase: "starting" | "ready" | "refused" | "ended" = "starting";

  constructor(plan: WriterPlan, ledger: Ledger, wrapper: Wrapper = []) {
    const program = built("test/crash/writer-process.ts");
    const [command = process.execPath, ...args] = [...wrapper, process.execPath, program];
    this.#ledger = ledger;
    this.#child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, CRASH_PLAN: JSON.stringify(plan) },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what wraps it dies with it.
      detached: true,
    });
    this.#closed = once(this.#child, "close");
    let rest = "";
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      // A line that death tore is not heard: whoever writes it has not been answered.
      rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(line);
      this.#wake();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => this.complaints.push(chunk.toString()));
    void this.#closed.then(() => {
      this.#phase = "ended";
      this.#wake();
    });
  }

  get phase(): "starting" | "ready" | "refused" | "ended" {
    return this.#phase;
  }

  /** Resolves when it is so, or the process has ended. */
  async until(condition: () => boolean): Promise<boolean> {
    while (!condition()) {
      if (this.#phase === "ended") return false;
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
    return true;
  }

  /** Ends it if it has not ended, and waits until all it said was heard. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.#closed;
  }

  /** Stops it where it is, and waits until it says nothing more; a system call under way goes on. Linux only. */
  async freeze(): Promise<void> {
    this.signal("SIGSTOP");
    while (this.#phase !== "ended" && !isStopped(this.#child.pid)) await new Promise(setImmediate);
  }

  signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }

  #hear(line: string): void {
    const [word = "", first = "", second = "", third = ""] = line.split(" ");
    switch (word) {
      case "ready":
        this.#phase = "ready";
        return;
      case "refused":
        this.#phase = "refused";
        this.complaints.push(line);
        return;
      case "begun":
        this.sessions.push(second as SessionId);
        this.#ledger.begun(first as DocumentId, second as SessionId);
        return;
      case "ack":
        this.acknowledged += 1;
        this.#ledger.acknowledged({
          document: first as DocumentId,
          session: second as SessionId,
          upload: Number(third),
        });
        return;
      case "fail":
        if (first === "unexpected") this.complaints.push(line);
        this.failures.set(first, (this.failures.get(first) ?? 0) + 1);
        return;
      case "compacted":
        if (first === "installed") this.compactions += 1;
        return;
      default:
        this.complaints.push(line);
    }
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** Whether the main thread stands still: "T" in the third field of proc(5)'s `stat`; the second may hold anything. */
function isStopped(pid: number | undefined): boolean {
  const status = readFileSync(`/proc/${pid}/stat`, "utf8");
  return status.slice(status.lastIndexOf(")") + 2).startsWith("T");
}
