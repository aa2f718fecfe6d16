import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildPage, isPageStale } from "demo-whiteboard/page-build";

const root = resolve(import.meta.dirname, "../..");
const demo = resolve(root, "demo-whiteboard");
const serviceKey = randomBytes(32).toString("base64url");

interface Running {
  readonly process: ChildProcess;
  readonly port: number;
}

/** The shipped whiteboard as two processes, service and server, each of which can be killed and comes back where it was. */
export class Stack {
  readonly #data: string;
  #service: Running | null = null;
  #server: Running | null = null;
  #servicePort = 0;
  #serverPort = 0;

  private constructor(data: string) {
    this.#data = data;
  }

  static async start(): Promise<Stack> {
    if (isPageStale(demo)) await buildPage(demo);
    const stack = new Stack(await mkdtemp(join(tmpdir(), "whiteboard-")));
    // Before the service starts: it is told where its events go.
    stack.#serverPort = await freePort();
    await stack.startService();
    await stack.startServer();
    return stack;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#serverPort}`;
  }

  /** What `y-webpubsub-server` needs for this whiteboard's boards. Only one process may have the store open. */
  get settings(): Record<string, string> {
    return {
      Y_WEBPUBSUB_STORE: `level:${join(this.#data, "boards")}`,
      WEBPUBSUB_CONNECTION_STRING: this.#connectionString,
    };
  }

  /** Of the process that is up; undefined while it is down. */
  pid(part: "service" | "server"): number | undefined {
    return (part === "service" ? this.#service : this.#server)?.process.pid;
  }

  async startService(): Promise<void> {
    this.#service = await run("service", {
      SERVICE_PORT: String(this.#servicePort),
      SERVICE_KEY: serviceKey,
      EVENTS_URL: `${this.url}/collab/events`,
    });
    this.#servicePort = this.#service.port;
  }

  get #connectionString(): string {
    return `Endpoint=http://127.0.0.1:${this.#servicePort};AccessKey=${serviceKey};Version=1.0;`;
  }

  async startServer(): Promise<void> {
    this.#server = await run("server", {
      PORT: String(this.#serverPort),
      DATA_DIR: this.#data,
      LAB: "on",
      WEBPUBSUB_CONNECTION_STRING: this.#connectionString,
    });
    this.#serverPort = this.#server.port;
  }

  async killService(): Promise<void> {
    await end(this.#service, "SIGKILL");
    this.#service = null;
  }

  /** Resolves when the server has ended by itself: the page may have asked it to. */
  async serverDied(): Promise<void> {
    const running = this.#server;
    this.#server = null;
    if (running === null || running.process.exitCode !== null || running.process.signalCode !== null) return;
    await once(running.process, "exit");
  }

  async killServer(): Promise<void> {
    await end(this.#server, "SIGKILL");
    this.#server = null;
  }

  async close(): Promise<void> {
    await end(this.#server, "SIGTERM");
    await end(this.#service, "SIGTERM");
    await rm(this.#data, { recursive: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Starts one of the demo's own processes and waits until it says over IPC that it is ready. */
async function run(part: "service" | "server", environment: Readonly<Record<string, string>>): Promise<Running> {
  const file = resolve(root, `demo-whiteboard/server/${part}.ts`);
  const process_ = spawn(process.execPath, ["--conditions=y-webpubsub-source", "--import", "tsx", file], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [message] = (await Promise.race([
    once(process_, "message"),
    once(process_, "exit").then(([code]) =>
      Promise.reject(new Error(`the ${part} ended with ${code} before it was ready`)),
    ),
  ])) as [{ readonly type: string; readonly port: number; readonly message?: string }];
  if (message.type !== "ready") throw new Error(`the ${part} did not start: ${message.message}`);
  return { process: process_, port: message.port };
}

async function end(running: Running | null, signal: NodeJS.Signals): Promise<void> {
  if (running === null || running.process.exitCode !== null || running.process.signalCode !== null) return;
  const gone = once(running.process, "exit");
  running.process.kill(signal);
  await gone;
}
