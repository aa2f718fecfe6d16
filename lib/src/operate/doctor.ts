import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { openKeys } from "../keys.ts";
import { reasonOf } from "../log-line.ts";
import { serviceClient } from "../service-client.ts";
import { WorkerFolder } from "../worker/folder.ts";
import { authorizeOf } from "./authorize-setting.ts";
import { originProblem } from "./origin-setting.ts";
import type { Settings } from "./settings.ts";
import { SettingError, storeByUrl } from "./store-url.ts";

export type Finding =
  | { readonly state: "ok"; readonly what: string; readonly detail: string }
  /** Works, and is perhaps not meant. */
  | { readonly state: "note"; readonly what: string; readonly detail: string; readonly next: string }
  | { readonly state: "failed"; readonly what: string; readonly detail: string; readonly next: string };

const answerMs = 10_000;
const clockMsMax = 60_000;

/** What `serve` would need, one finding after the other; a later check runs whatever an earlier one found. */
export async function* examine(settings: Settings): AsyncGenerator<Finding> {
  const connection = readConnection(settings);
  yield connection.finding;
  if (connection.parts !== null) yield* examineService(connection.parts, settings.hub);
  yield* examineStore(settings);
  yield await examineFolder();
  yield await examineAuthorize(settings);
  yield* examineOrigins(settings);
  yield await examinePort(settings);
}

interface ConnectionParts {
  readonly text: string;
  readonly endpoint: URL;
}

function readConnection(settings: Settings): { readonly finding: Finding; readonly parts: ConnectionParts | null } {
  const what = "connection string";
  const text = settings.connectionString;
  const fail = (detail: string, next: string) => ({
    finding: { state: "failed", what, detail, next } as const,
    parts: null,
  });
  const copy = "Copy the whole string from Azure (Keys), or from what webpubsub-local prints.";
  if (text === undefined) return fail("there is none", `Set WEBPUBSUB_CONNECTION_STRING. ${copy}`);
  const endpoint = /(?:^|;)\s*Endpoint=([^;]+)/i.exec(text)?.[1] ?? "";
  if (!URL.canParse(endpoint)) return fail("it has no Endpoint", copy);
  if (!/(?:^|;)\s*AccessKey=[^;]+/i.test(text)) return fail("it has no AccessKey", copy);
  const url = new URL(endpoint);
  return { finding: { state: "ok", what, detail: url.origin }, parts: { text, endpoint: url } };
}

async function* examineService({ text, endpoint }: ConnectionParts, hub: string): AsyncGenerator<Finding> {
  const what = "service";
  const startedAt = performance.now();
  let answer: Response;
  try {
    answer = await fetch(new URL("/api/health", endpoint), { method: "HEAD", signal: AbortSignal.timeout(answerMs) });
  } catch (error) {
    const detail = `${endpoint.origin} does not answer (${causeOf(error)})`;
    yield { state: "failed", what, detail, next: "Check the endpoint, DNS, proxies and the firewall of this machine." };
    return;
  }
  yield { state: "ok", what, detail: `answers in ${Math.round(performance.now() - startedAt)} ms` };
  yield clockFinding(answer.headers.get("date"));
  yield await examineKey(text, hub);
}

function clockFinding(date: string | null): Finding {
  const what = "clock";
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return { state: "ok", what, detail: "the service tells no time to compare with" };
  const offMs = Date.now() - theirs;
  const detail = `${Math.round(Math.abs(offMs) / 1_000)} s ${offMs < 0 ? "behind" : "ahead of"} the service`;
  if (Math.abs(offMs) <= clockMsMax) return { state: "ok", what, detail };
  return { state: "failed", what, detail, next: "Tokens are checked by time. Set this machine's clock (NTP)." };
}

async function examineKey(connectionString: string, hub: string): Promise<Finding> {
  const what = "access key";
  try {
    const client = serviceClient(connectionString, hub, { retries: 0 });
    await client.groupExists("doctor", { abortSignal: AbortSignal.timeout(answerMs) });
    return { state: "ok", what, detail: `the service takes it for hub ${hub}` };
  } catch (error) {
    const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
    if (status === 401 || status === 403) {
      const next = "Copy the connection string again: the key was perhaps regenerated, or key access is switched off.";
      return { state: "failed", what, detail: "the service refuses it", next };
    }
    const next = "Check --hub (a letter, then letters, digits and _) and the service's state in Azure.";
    return { state: "failed", what, detail: reasonOf(error), next };
  }
}

async function* examineStore(settings: Settings): AsyncGenerator<Finding> {
  const what = "store";
  try {
    const url = settings.store;
    const store = await storeByUrl(url, settings.environment);
    await store.open();
    try {
      const name = "doctor";
      const value = new Uint8Array(randomBytes(16));
      await store.changeSetting(name, await store.setting(name), value);
      const back = await store.setting(name);
      if (back === null) throw new Error("what was written cannot be read back");
      await openKeys(store);
      yield { state: "ok", what, detail: "opens, writes, reads back, and holds the server's keys" };
    } finally {
      await store.close();
    }
    if (url.startsWith("memory:")) {
      const next = "Use level:<directory>, postgres://... or azure-blob:<container>.";
      yield { state: "note", what, detail: "memory: forgets everything when the process ends", next };
    }
  } catch (error) {
    const next =
      error instanceof SettingError
        ? "Give a store that can be opened."
        : "Check path, rights and space, or address and password; a level: store is open in one process only.";
    yield { state: "failed", what, detail: wordsOf(error), next };
  }
}

async function examineFolder(): Promise<Finding> {
  const what = "worker";
  const folder = new WorkerFolder();
  try {
    await folder.fold({ payload: null, updates: [] });
    return { state: "ok", what, detail: "folds documents in a thread of its own" };
  } catch (error) {
    const next = "Threads must be allowed, and about 1 GB of memory free for large documents.";
    return { state: "failed", what, detail: reasonOf(error), next };
  } finally {
    await folder.close();
  }
}

async function examineAuthorize(settings: Settings): Promise<Finding> {
  const what = "authorize";
  try {
    await authorizeOf(settings);
    const detail = settings.text("jwt-secret") === undefined ? "the module has a function" : "signed tokens (HS256)";
    return { state: "ok", what, detail };
  } catch (error) {
    return { state: "failed", what, detail: wordsOf(error), next: "See y-webpubsub-server serve --help." };
  }
}

function* examineOrigins(settings: Settings): Generator<Finding> {
  const what = "origins";
  const origins = settings.list("origin");
  for (const origin of origins) {
    const problem = originProblem(origin);
    if (problem === null) continue;
    const next = "Write scheme and host only, as https://example.org.";
    yield { state: "failed", what, detail: `${origin.slice(0, 100)} would never match: ${problem}`, next };
    return;
  }
  const none = "none: only pages of the server's own host, and programs, may ask";
  yield { state: "ok", what, detail: origins.length === 0 ? none : origins.join(", ") };
}

async function examinePort(settings: Settings): Promise<Finding> {
  const what = "port";
  try {
    const port = settings.whole("port", { min: 0, max: 65_535 }) ?? 3_000;
    const host = settings.text("host") ?? "127.0.0.1";
    await new Promise<void>((resolve, reject) => {
      const server = createServer().once("error", reject);
      server.listen(port, host, () => server.close(() => resolve()));
    });
    return { state: "ok", what, detail: port === 0 ? "any free one" : `${port} on ${host} is free` };
  } catch (error) {
    const next = "Give another --port, or stop what listens there (perhaps this very server).";
    return { state: "failed", what, detail: reasonOf(error), next };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof SettingError ? error.message : reasonOf(error);
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reasonOf(cause);
}
