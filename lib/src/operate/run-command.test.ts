import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";
import { runCommand } from "./run-command.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";
const secret = "a secret of at least thirty-two bytes for tests";

describe("a wrong command line", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "command-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function run(args: readonly string[], environment: Record<string, string> = {}) {
    const line = readCommandLine(args);
    if (line.type !== "command") return { code: 2, err: line.type === "wrong" ? line.problem : "", out: "" };
    const said = { out: "", err: "" };
    const code = await runCommand(line, {
      environment: {
        WEBPUBSUB_CONNECTION_STRING: connectionString,
        Y_WEBPUBSUB_JWT_SECRET: secret,
        Y_WEBPUBSUB_STORE: "memory:",
        ...environment,
      },
      out: { write: (text) => (said.out += text) },
      err: { write: (text) => (said.err += text) },
      input: Readable.from([]),
      log: () => undefined,
      stopped: () => Promise.reject(new Error("it began to serve")),
    });
    return { code, ...said };
  }

  test.each([
    [["serve", "--prot", "1"], {}, "serve has no option '--prot'"],
    [["sevre"], {}, "There is no command 'sevre'"],
    [["\u001b[31m"], {}, "There is no command '?[31m'"],
    [["serve", "now"], {}, "'now' is not understood"],
    [["serve", "--port"], {}, "argument missing"],
    [["serve", "--port", "70000"], {}, "--port must be a whole number from 0 to 65535"],
    [["serve", "--port", "-1"], {}, "--port"],
    [["serve", "--port", "0"], { Y_WEBPUBSUB_JWT_SECRET: "" }, "--authorize"],
    [["serve"], { Y_WEBPUBSUB_PORT: "x" }, "Y_WEBPUBSUB_PORT must be a whole number"],
    [["serve"], { Y_WEBPUBSUB_JWT_SECRET: "short" }, "at least 32 bytes"],
    [["serve"], { WEBPUBSUB_CONNECTION_STRING: "" }, "WEBPUBSUB_CONNECTION_STRING is not set"],
    [["serve"], { Y_WEBPUBSUB_STORE: "" }, "--store is missing"],
    [["serve", "--store", "mongodb://x"], {}, "--store must be level:<directory>"],
    [["serve", "--store", "data"], {}, "--store must be level:<directory>"],
    [["serve", "--store", "level:"], {}, "names no directory"],
    [["serve", "--store", "azure-blob:c"], {}, "AZURE_STORAGE_CONNECTION_STRING is not set"],
    [["serve", "--store", "azure-blob:"], { AZURE_STORAGE_CONNECTION_STRING: "x" }, "names no container"],
    [["serve", "--path", "collab"], {}, "--path must be a path"],
    [["serve", "--trust-proxy", "yes"], {}, "--trust-proxy must be a whole number from 0 to 10"],
    [["serve", "--drain-seconds", "1e3"], {}, "--drain-seconds must be a whole number"],
    [["serve", "--history-days", "0"], {}, "--history-days must be a whole number from 1 to 36500."],
    [["serve", "--identity", "none"], {}, "--identity must be stamped or signed."],
    [["serve"], { Y_WEBPUBSUB_MODE: "fast" }, "Y_WEBPUBSUB_MODE must be direct or authoritative."],
    [["serve", "--origin", "example.org"], {}, "--origin example.org would never match"],
    [["serve", "--origin", "https://a.example/path"], {}, "browsers send it as https://a.example"],
    [["serve", "--config", "/no/such/file"], {}, "cannot be read (ENOENT)"],
    [["serve", "--authorize", "/no/such/module.js"], { Y_WEBPUBSUB_JWT_SECRET: "" }, "cannot be loaded"],
    [["serve", "--authorize", "x.js"], {}, "not both"],
    [["serve", "--host", "192.0.2.1", "--port", "0"], {}, "no address of this machine"],
    [["delete"], {}, "delete takes the id of one document"],
    [["delete", "a", "b"], {}, "delete takes the id of one document"],
    [["versions"], {}, "versions takes the id of one document"],
    [["export"], {}, "export takes ids of documents, or --all"],
    [["export", "a", "--all"], {}, "export takes ids of documents, or --all"],
    [["compact"], {}, "compact takes ids of documents, or --all"],
  ] as const)("%s with %s is told what is wrong and what to do, with exit code 2", async (args, environment, words) => {
    const { code, err, out } = await run(args, environment);
    expect(err).toContain(words);
    expect(err).not.toMatch(/^\s+at /m);
    expect([code, out]).toEqual([2, ""]);
  });

  test.each([
    ["{", "is not JSON"],
    ["[]", "must hold a JSON object"],
    ['{"port": {}}', "must be a text"],
    ['{"port": true}', '"port" in '],
    ['{"origin": [1]}', "must be a list of texts"],
    ['{"__proto__": 1}', "is not JSON"],
    ['{"prot": 1}', '"prot" in '],
    ['{"yes": true}', "is no setting"],
  ])("the config file %s is told what is wrong", async (text, words) => {
    const config = join(directory, "config.json");
    await writeFile(config, text);
    const { code, err } = await run(["serve", "--config", config]);
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });

  test("no message holds a secret", async () => {
    const secrets = { WEBPUBSUB_CONNECTION_STRING: "AccessKey=canary-1;", Y_WEBPUBSUB_JWT_SECRET: "canary-2" };
    const said = await Promise.all([
      run(["serve"], secrets),
      run(["doctor", "--port", "0"], secrets),
      run(["doctor", "--port", "0"], { ...secrets, Y_WEBPUBSUB_STORE: "postgres://user:canary-3@127.0.0.1:1/none" }),
    ]);
    expect(JSON.stringify(said)).not.toContain("canary");
  });
});
