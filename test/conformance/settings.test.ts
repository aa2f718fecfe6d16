import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { describe, expect, onTestFinished, test } from "vitest";
import { type LogLine, type ServiceOptions, startService } from "webpubsub-local";
import { fine, HandlerServer } from "./handler-server.ts";
import { Bench, hubName, jsonName } from "./harness.ts";

const [oldKey, newKey] = ["o".repeat(32), "n".repeat(32)];

/** A settings file of its own for one test. */
class File {
  readonly path: string;

  constructor(content: unknown) {
    const folder = mkdtempSync(join(tmpdir(), "webpubsub-settings-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    this.path = join(folder, "settings.json");
    this.write(content);
  }

  write(content: unknown): void {
    writeFileSync(this.path, typeof content === "string" ? content : JSON.stringify(content));
  }

  /** As editors do it. */
  replace(content: unknown): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(content));
    renameSync(`${this.path}.new`, this.path);
  }
}

/** A service by a file alone. */
async function bench(file: File, options: ServiceOptions = {}): Promise<Bench> {
  return Bench.start({
    settingsFile: file.path,
    accessKey: undefined,
    secondaryKey: undefined,
    ...options,
  } as ServiceOptions);
}

function changed(line: LogLine): boolean {
  return line.type === "settings-changed";
}

async function userExists(connectionString: string): Promise<boolean> {
  const admin = new WebPubSubServiceClient(connectionString, hubName, { allowInsecureConnection: true });
  return admin.userExists("ada");
}

describe("while the service runs", () => {
  test("handlers and policies of a hub change for whoever comes next; nobody is cut", async () => {
    const server = await HandlerServer.start(() => fine);
    const file = new File({});
    const service = await bench(file);
    const url = `${service.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}`;
    const early = await service.plain();
    expect((await service.refusal(url)).status).toBe(401);
    file.write({ hubs: { [hubName]: server.hub({}, { anonymousConnectPolicy: "allow" }) } });
    expect(await service.logged(changed)).toEqual({ type: "settings-changed", needRestart: [] });
    await service.dial(url, jsonName);
    await server.posted(1, "connected");
    early.send({ type: "event", event: "e", ackId: 1, dataType: "text", data: "" });
    expect(await early.next()).toContain('"success":true');
    expect(service.service.settings.hubs?.[hubName]?.anonymousConnectPolicy).toBe("allow");
  });

  test("keys rotate, and the connection string follows", async () => {
    const file = new File({ accessKey: oldKey, secondaryKey: newKey });
    const { service, logged } = await bench(file).then((started) => ({
      service: started.service,
      logged: started.logged.bind(started),
    }));
    const before = service.connectionString;
    expect(before).toContain(oldKey);
    file.replace({ accessKey: newKey });
    await logged(changed);
    expect(service.connectionString).toContain(newKey);
    expect(await userExists(service.connectionString)).toBe(false);
    await expect(userExists(before)).rejects.toMatchObject({ statusCode: 401 });
  });

  test.each([
    ["that is no JSON", '{"hubs": {\n  "a": {},}}', "is not valid JSON"],
    [
      "with a wrong setting",
      { hubs: { a: { anonymousConnectPolicy: "maybe" } } },
      "hubs.a.anonymousConnectPolicy must be",
    ],
    ["with an unfit key", { accessKey: "short" }, "at least 32 bytes"],
  ])("a file %s changes nothing and is told, and a good one is taken again", async (_name, content, problem) => {
    const file = new File({ accessKey: oldKey });
    const started = await bench(file);
    const before = started.service.connectionString;
    file.write(content);
    const line = await started.logged(({ type }) => type === "settings-refused");
    expect(line).toEqual({ type: "settings-refused", problems: [expect.stringContaining(problem)] });
    expect(started.service.connectionString).toBe(before);
    expect(await userExists(before)).toBe(false);
    file.write({ accessKey: newKey });
    await started.logged(changed);
    expect(started.service.connectionString).toContain(newKey);
  });

  test("what needs a restart is named and does not change; what the code has set stays", async () => {
    const file = new File({ limits: { recoveryMs: 1_000 } });
    const started = await bench(file, { accessKey: oldKey });
    file.write({ limits: { recoveryMs: 2_000 }, accessKey: newKey, host: "127.0.0.2" });
    expect(await started.logged(changed)).toMatchObject({ needRestart: ["limits", "host"] });
    expect(started.service.settings).toMatchObject({ limits: { recoveryMs: 1_000 }, accessKey: oldKey });
    expect(started.service.hub("any").limits.recoveryMs).toBe(1_000);
  });

  test("logLevel error keeps everyday lines out of the log", async () => {
    const file = new File({});
    const started = await bench(file);
    await started.plain({ userId: "ada" });
    expect(started.log.map(({ type }) => type)).toContain("connected");
    const lines = started.log.length;
    file.write({ logLevel: "error" });
    await started.logged(changed);
    await started.plain({ userId: "ada" });
    expect(started.log.slice(lines)).toMatchObject([{ type: "settings-changed" }]);
  });
});

describe("before the service runs", () => {
  test.each([
    [{ port: -1 }, "port must be a whole number"],
    [{ hubs: { "?": {} } }, "hub name"],
    [{ settingsFile: "/nowhere/settings.json" }, "/nowhere/settings.json cannot be read"],
  ])("%j is refused with what to do", async (options, problem) => {
    await expect(startService(options)).rejects.toMatchObject({
      name: "ServiceError",
      code: "bad-settings",
      message: expect.stringContaining(problem),
    });
  });

  test("the place of a mistake in a file is named, its text is not", async () => {
    const file = new File(`{"accessKey": "${oldKey}"\n  "port": 1}`);
    const failure: unknown = await startService({ settingsFile: file.path }).catch((error: unknown) => error);
    expect(String(failure)).toContain(file.path);
    expect(String(failure)).not.toContain("oooo");
  });
});
