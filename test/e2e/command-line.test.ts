import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Service, startService } from "webpubsub-local";
import { WebPubSubProvider } from "y-webpubsub";
import { encodeUpload, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { bin, editor, Run, token, tokenSecret } from "../support/server-command.ts";

/** The command line, as processes of its own, with the real service. */
describe("y-webpubsub-server", () => {
  let directory: string;
  let service: Service;
  const running: Run[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "y-webpubsub-server-"));
    service = await startService({ port: 0, accessKey: "a key of at least thirty-two bytes for tests" });
  });
  afterEach(async () => {
    for (const run of running.splice(0)) await run.end();
    await service.close();
    await rm(directory, { recursive: true });
  });

  function start(args: readonly string[], environment: Record<string, string> = {}, program?: string): Run {
    const usual = {
      WEBPUBSUB_CONNECTION_STRING: service.connectionString,
      Y_WEBPUBSUB_JWT_SECRET: tokenSecret,
      Y_WEBPUBSUB_STORE: `level:${join(directory, "store")}`,
    };
    const run = new Run(args, { ...usual, ...environment }, program);
    running.push(run);
    return run;
  }
  const done = async (args: readonly string[], environment: Record<string, string> = {}) => {
    const run = start(args, environment);
    return { code: await run.ended, out: run.out, err: run.err };
  };
  const served = async (args: readonly string[] = [], environment: Record<string, string> = {}) => {
    const run = start(["serve", "--port", "0", ...args], environment, bin);
    const url = await run.says(/listening on (\S+)/);
    return { run, url };
  };

  test("serve answers editors with signed tokens, and what they write is there after SIGTERM and a new start", async () => {
    const first = await served();
    const write = editor(first.url, token({ sub: "ada", role: "writer", documents: ["notes-*"] }));
    write.doc.getText("t").insert(0, "kept");
    await write.whenSaved();
    write.destroy();
    first.run.kill("SIGTERM");
    expect(await first.run.ended).toBe(0);
    const second = await served();
    const read = editor(second.url, token({ sub: "bob", role: "reader", documents: ["notes-1"] }));
    await read.whenSynced;
    expect([read.doc.getText("t").toString(), read.role]).toEqual(["kept", "reader"]);
    read.destroy();
    const headers = { authorization: `Bearer ${token({ sub: "eve", role: "writer", documents: ["other"] })}` };
    expect((await fetch(`${second.url}/head?document=notes-1`, { headers })).status).toBe(403);
  });

  test("on SIGTERM readiness says no, the upload under way gets its receipt, and the exit code is 0", async () => {
    const { run, url } = await served(["--drain-seconds", "1"]);
    const { answer, finish } = await halfAnUpload(url);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    run.kill("SIGTERM");
    await run.says(/"stopping"/);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { status: "not-ready", server: "stopping" }]);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    finish();
    expect(await answer).toMatchObject({ status: 200, body: { upload: 1, generation: 1 } });
    expect(await run.ended).toBe(0);
    expect(run.err).toContain('"stopped"');
  });

  test("how members are believed and who publishes edits are settings of serve", async () => {
    const { url } = await served(["--identity", "signed"], { Y_WEBPUBSUB_MODE: "authoritative" });
    const answer = await fetch(`${url}/negotiate`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token({ sub: "ada", role: "writer", documents: ["*"] })}`,
      },
      body: JSON.stringify({ protocol: 1, document: "notes-1", session: "A".repeat(16), clientIds: [7] }),
    });
    expect(await answer.json()).toMatchObject({ identity: "signed", mode: "authoritative" });
  });

  test("metrics have a port of their own, count requests by route, and name nobody", async () => {
    const { run, url } = await served(["--metrics-port", "0"]);
    const metricsUrl = await run.says(/metrics on (\S+)/);
    const provider = editor(url, token({ sub: "ada-canary", role: "writer", documents: ["*"] }));
    provider.doc.getText("t").insert(0, "kept");
    await provider.whenSaved();
    provider.destroy();
    const answer = await fetch(metricsUrl);
    const text = await answer.text();
    expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect(text).toMatch(
      /y_webpubsub_server_request_duration_seconds_count\{method="POST",route="\/log",status="200"\} [1-9]/,
    );
    expect(text).toMatch(/y_webpubsub_server_events_total\{event="uploads-stored"\} [1-9]/);
    expect(text).not.toMatch(/canary|notes-1/);
    // Every line is a comment or `name{labels} number`.
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    for (const line of lines) expect(line).toMatch(/^y_webpubsub_server_\w+(\{[^}]*\})? [\d.e+-]+$/);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  test("doctor finds nothing where all is well, and says what to do about each failure", async () => {
    const well = await done(["doctor", "--port", "0", "--origin", "https://example.org"]);
    expect(well.out).toContain("All is well.");
    expect(well.code).toBe(0);
    const wrong = await done(["doctor", "--port", "0", "--origin", "https://example.org/path"], {
      WEBPUBSUB_CONNECTION_STRING: `Endpoint=${service.endpoint};AccessKey=${"x".repeat(40)};Version=1.0;`,
      Y_WEBPUBSUB_JWT_SECRET: "short",
      Y_WEBPUBSUB_STORE: "level:/dev/null/store",
    });
    const failures = wrong.out.split("\n").filter((line) => line.startsWith("FAILED"));
    expect(failures.map((line) => line.slice(8).split(":")[0])).toEqual([
      "access key",
      "store",
      "authorize",
      "origins",
    ]);
    expect(wrong.code).toBe(1);
    expect(wrong.out + wrong.err).not.toContain("xxxxxxxx");
    const none = await done(["doctor"], { WEBPUBSUB_CONNECTION_STRING: "Endpoint=http://127.0.0.1:9;AccessKey=k;" });
    expect(none.out).toMatch(/FAILED {2}service: http:\/\/127\.0\.0\.1:9 does not answer/);
  });

  test("a wrong command line is told what is wrong, with exit code 2 and without a stack", async () => {
    const wrong = [["sevre"], ["serve", "--prot", "1"], ["serve", "--store", "mongodb://x"]];
    for (const { code, err, out } of await Promise.all(wrong.map((args) => done(args)))) {
      expect(err).toMatch(/There is no command 'sevre'|serve has no option '--prot'|--store must be level:/);
      expect(err).not.toMatch(/^\s+at /m);
      expect([code, out]).toEqual([2, ""]);
    }
  });

  test("help is given for every command, and a port or store in use is said, with exit codes 0, 2 and 1", async () => {
    const help = await done(["help"]);
    expect([help.code, help.out]).toEqual([0, expect.stringContaining("Usage: y-webpubsub-server <command>")]);
    const { url } = await served();
    const port = new URL(url).port;
    const taken = await done(["serve", "--port", port, "--store", "memory:"]);
    expect([taken.code, taken.err]).toEqual([2, expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`)]);
    const locked = await done(["serve", "--port", "0"]);
    expect([locked.code, locked.err]).toEqual([1, expect.stringContaining("open in one process only")]);
  });

  test("a config file and a module of one's own are enough", async () => {
    const module = join(directory, "authorize.mjs");
    await writeFile(
      module,
      'export default (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" });',
    );
    const config = join(directory, "config.json");
    await writeFile(config, JSON.stringify({ authorize: module, port: 0, path: "/live", store: "memory:" }));
    const run = start(["serve", "--config", config], { Y_WEBPUBSUB_JWT_SECRET: "", Y_WEBPUBSUB_STORE: "" });
    const url = await run.says(/listening on (\S+)/);
    expect(new URL(url).pathname).toBe("/live");
    const provider = new WebPubSubProvider(url, "board", new Y.Doc(), { headers: { "x-user": "ada" } });
    await provider.whenSynced;
    provider.destroy();
    await writeFile(config, "{");
    expect((await done(["serve", "--config", config])).err).toContain("is not JSON");
    await writeFile(module, "export const decide = 1;");
    const none = await done(["serve", "--authorize", module], { Y_WEBPUBSUB_JWT_SECRET: "" });
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("no default export that is a function")]);
  });
});

/** An upload whose last bytes wait for `finish`. */
async function halfAnUpload(url: string) {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "late");
  const words = { session: "AAAAAAAAAAAAAAAA" as SessionId, upload: 1, seqTo: 1, announce: false, adoption: false };
  const bytes = encodeUpload({ ...words, update: Y.encodeStateAsUpdate(doc) });
  const authorization = `Bearer ${token({ sub: "ada", role: "writer", documents: ["notes-1"] })}`;
  const post = request(`${url}/log?document=notes-1&generation=1`, {
    method: "POST",
    headers: { authorization, "content-type": "application/octet-stream", "content-length": bytes.length },
  });
  const answer = new Promise<{ status: number | undefined; body: unknown }>((settle, fail) => {
    post.on("error", fail);
    post.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      settle({ status: response.statusCode, body: JSON.parse(text) });
    });
  });
  await new Promise<void>((sent) => post.write(bytes.subarray(0, 10), () => sent()));
  // The server has the request when it answers a later one on a connection of its own.
  await fetch(`${url}/health/live`);
  return { answer, finish: () => post.end(bytes.subarray(10)) };
}
