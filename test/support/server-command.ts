import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { resolve } from "node:path";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { built } from "./built.ts";

/** As a checkout runs it, from its sources; a package runs what was built (test/release/packed.test.ts). */
export const bin: string = resolve(import.meta.dirname, "../../lib/bin/y-webpubsub-server.js");
export const tokenSecret = "a secret of at least thirty-two bytes for tests";

export function editor(url: string, bearer: string): WebPubSubProvider {
  return new WebPubSubProvider(url, "notes-1", new Y.Doc(), { headers: { authorization: `Bearer ${bearer}` } });
}

export function token(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: Math.floor(Date.now() / 1_000) + 300, ...claims })}`;
  return `${text}.${createHmac("sha256", tokenSecret).update(text).digest("base64url")}`;
}

/** One run of `y-webpubsub-server`. */
export class Run {
  readonly ended: Promise<number | null>;
  out = "";
  err = "";
  readonly #child;

  constructor(
    args: readonly string[],
    environment: Record<string, string>,
    program: string = built("lib/src/operate/main.ts"),
  ) {
    this.#child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.on("data", (chunk) => {
      this.out += chunk;
    });
    this.#child.stderr.on("data", (chunk) => {
      this.err += chunk;
    });
    this.ended = once(this.#child, "close").then(([code]) => code);
  }

  /** Resolves with the first group when the output matches; rejects when the process ends before. */
  async says(pattern: RegExp): Promise<string> {
    const said = new Promise<string>((settle) => {
      const look = () => {
        const match = pattern.exec(this.out) ?? pattern.exec(this.err);
        if (match) settle(match[1] ?? match[0]);
      };
      this.#child.stdout.on("data", look);
      this.#child.stderr.on("data", look);
      look();
    });
    const gone = this.ended.then((code) => Promise.reject(new Error(`ended with ${code}:\n${this.out}${this.err}`)));
    return Promise.race([said, gone]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.ended;
  }
}
