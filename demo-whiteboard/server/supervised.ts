import { type ChildProcess, spawn } from "node:child_process";

const backoffMsFirst = 500;
const backoffMsMax = 30_000;
/** A child that lived this long starts its back-off anew. */
const steadyMs = 60_000;
const stopMsMax = 8000;

/** What a child says to its parent, over IPC. */
export type ChildMessage =
  | { readonly type: "ready"; readonly port: number }
  /** Not worth a restart: the message is for the person at the keyboard. */
  | { readonly type: "failed"; readonly message: string };

export interface SupervisedOptions {
  /** For the messages, e.g. "The server". */
  readonly name: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** A process of our own that is started again, with back-off, when it dies. Its output is ours. */
export class Supervised {
  readonly #options: SupervisedOptions;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #phase: "running" | "stopping" = "running";
  #deaths = 0;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  /** Resolves with the port once the child is ready for the first time; rejects when it fails or dies before. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => this.#spawn({ resolve, reject }));
  }

  /** Resolves when the process is gone: asked first, then killed. */
  async stop(): Promise<void> {
    this.#phase = "stopping";
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
    await gone;
    clearTimeout(late);
  }

  #spawn(first: { readonly resolve: (port: number) => void; readonly reject: (error: Error) => void } | null): void {
    const { name, file, environment, say } = this.#options;
    const bornAt = Date.now();
    const child = spawn(process.execPath, ["--conditions=y-webpubsub-source", "--import", "tsx", file], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    let ready = false;
    child.on("message", (message: ChildMessage) => {
      if (message.type === "failed") {
        if (first === null) say(`${name} could not start: ${message.message}`);
        first?.reject(new Error(message.message));
      } else {
        ready = true;
        if (first === null) say(`${name} is back.`);
        first?.resolve(message.port);
      }
    });
    child.once("error", (error) => first?.reject(error));
    child.once("exit", (code, signal) => {
      if (this.#phase === "stopping") return;
      const how = signal === null ? `exit code ${code}` : signal;
      if (first !== null && !ready) {
        first.reject(new Error(`${name} did not start (${how}).`));
        return;
      }
      this.#deaths = Date.now() - bornAt > steadyMs ? 1 : this.#deaths + 1;
      const waitMs = Math.min(backoffMsMax, backoffMsFirst * 2 ** (this.#deaths - 1));
      say(`${name} ended (${how}). Starting it again in ${waitMs / 1000} s.`);
      this.#timer = setTimeout(() => this.#spawn(null), waitMs);
    });
  }
}
