import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { expect, onTestFinished, test } from "vitest";

const launcher = fileURLToPath(new URL("../../service/bin/webpubsub-local.js", import.meta.url));

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [launcher, ...args], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function outcome(child: ChildProcess): Promise<{ code: number; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk) => (output += String(chunk)));
  child.stderr?.on("data", (chunk) => (output += String(chunk)));
  const [code] = await once(child, "close");
  return { code, output };
}

/** Resolves once the output has the text. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    const found = pattern.exec(output)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`The command ended without printing ${pattern}: ${output}`);
}

/** Every line of a stream, to be looked through while they come. */
function lines(stream: Readable | null): { first(text: string): Promise<string> } {
  const reader = createInterface({ input: stream ?? Readable.from([]) })[Symbol.asyncIterator]();
  const first = async (text: string): Promise<string> => {
    for (;;) {
      const { value, done } = await reader.next();
      if (done === true) throw new Error(`No line has ${text}.`);
      if (value.includes(text)) return value;
    }
  };
  return { first };
}

test.each(["SIGTERM", "SIGINT"] as const)("prints what clients need, serves, and stops on %s", async (signal) => {
  const key = "a-key-of-this-test-a-key-of-this-test";
  const child = run(["--port", "0", "--quiet"], { WEBPUBSUB_LOCAL_KEY: key });
  const connectionString = await printed(child, /connection string (Endpoint=.*;)/);
  expect(connectionString).toContain(`AccessKey=${key};`);
  const admin = new WebPubSubServiceClient(connectionString, "hub", { allowInsecureConnection: true });
  const client = new WebPubSubClient({ getClientAccessUrl: async () => (await admin.getClientAccessToken()).url });
  await client.start();
  client.stop();
  const ended = outcome(child);
  child.kill(signal);
  expect((await ended).code).toBe(0);
});

test.each([
  [["--help"], 0, "--port"],
  [["--port", "http"], 2, "whole number"],
  [["--port", "65536"], 2, "whole number"],
  [["--fly"], 2, "There is no option '--fly'.\nSee webpubsub-local --help."],
  [["--port"], 2, "argument missing"],
  [["chat"], 2, "Unexpected argument 'chat'"],
  [["--config", "/nowhere.json"], 1, "/nowhere.json cannot be read"],
  [["--key", "short", "--port", "0"], 1, "random"],
  [["--development-key", "--host", "0.0.0.0", "--port", "0"], 1, "127.0.0.1"],
  [["--development-key", "--key", "x"], 2, "either"],
  [["--host", "203.0.113.1", "--port", "0"], 1, "address of this machine"],
])("%j answers %d and says what to do", async (args, code, text) => {
  expect(await outcome(run(args))).toEqual({ code, output: expect.stringContaining(text) });
});

test("a file sets hubs and port, options win over it, and a change of the file is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "webpubsub-local-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "settings.json");
  const handler = {
    urlTemplate: "http://localhost:1/{event}?code=secret",
    systemEvents: ["connect"],
    userEventPattern: "*",
  };
  const hubs = { chat: { anonymousConnectPolicy: "allow", eventHandlers: [handler] } };
  writeFileSync(file, JSON.stringify({ port: 1, accessKey: "k".repeat(32), hubs }));
  const child = run(["--config", file, "--port", "0"]);
  const errors = lines(child.stderr);
  const greeting = await printed(child, /^([\s\S]*any other hub name.*\n)/);
  expect(greeting).toMatch(/^endpoint http:\/\/127\.0\.0\.1:(?!1\n)\d+\n/);
  expect(greeting).toContain(`AccessKey=${"k".repeat(32)};`);
  expect(greeting).toContain("hub chat, clients without a token allowed\n  connect, * -> http://localhost:1/{event}\n");
  writeFileSync(file, JSON.stringify({ hubs: { chat: { anonymous: "allow" } } }));
  expect(await errors.first('"settings-refused"')).toContain("hubs.chat.anonymous is not a known setting.");
});

test("a port in use is named", async () => {
  const first = run(["--port", "0", "--quiet"]);
  const endpoint = await printed(first, /endpoint (http:\S+)\n/);
  expect(await outcome(run(["--port", new URL(endpoint).port]))).toEqual({
    code: 1,
    output: expect.stringContaining("is in use"),
  });
});
