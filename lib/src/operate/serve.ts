import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { LogLine } from "../log-line.ts";
import { type CollabServer, createCollabServer } from "../server.ts";
import { authorizeOf } from "./authorize-setting.ts";
import { checkedOrigins } from "./origin-setting.ts";
import type { Settings } from "./settings.ts";
import { SettingError, storeByUrl } from "./store-url.ts";

/** Requests under way get this long to finish when the server stops. */
const farewellMs = 10_000;
const dayMs = 86_400_000;

export interface Serving {
  readonly url: string;
  readonly metricsUrl: string | null;
  /** Readiness says no, then, after the wanted while, requests under way are finished and everything is closed. */
  stop(): Promise<void>;
}

/** Rejects with a `SettingError`, or with whatever keeps the store from opening or the port from being taken. */
export async function serve(settings: Settings, log: (line: LogLine) => void): Promise<Serving> {
  const { connectionString } = settings;
  if (connectionString === undefined) {
    throw new SettingError(
      "WEBPUBSUB_CONNECTION_STRING is not set. Copy it from Azure (Keys), or start webpubsub-local and use the one it prints.",
    );
  }
  const path = settings.text("path") ?? "/collab";
  if (!/^(\/[\w.-]+)+$/.test(path))
    throw new SettingError(`${settings.nameOf("path")} must be a path such as /collab.`);
  const drainMs = (settings.whole("drain-seconds", { min: 0, max: 600 }) ?? 0) * 1_000;
  const metricsPort = settings.whole("metrics-port", { min: 0, max: 65_535 });
  const historyDays = settings.whole("history-days", { min: 1, max: 36_500 });
  const identity = settings.oneOf("identity", ["stamped", "signed"]);
  const mode = settings.oneOf("mode", ["direct", "authoritative"]);
  const collab = createCollabServer({
    connectionString,
    hub: settings.hub,
    storage: await storeByUrl(settings.store, settings.environment),
    authorize: await authorizeOf(settings),
    secondaryAccessKey: settings.text("secondary-key"),
    allowedOrigins: checkedOrigins(settings.list("origin")),
    ...(historyDays !== undefined && { history: { keepMs: historyDays * dayMs } }),
    ...(identity !== undefined && { identity }),
    ...(mode !== undefined && { mode }),
    log,
  });
  try {
    // A store that cannot be opened is said now, not to the first visitor.
    await collab.ready();
    const http = await listen(createServer(application(collab, path, settings)), {
      port: settings.whole("port", { min: 0, max: 65_535 }) ?? 3_000,
      host: settings.text("host") ?? "127.0.0.1",
    });
    const inner =
      metricsPort === undefined
        ? null
        : await listen(createServer(express().disable("x-powered-by").get("/metrics", collab.metrics)), {
            port: metricsPort,
            host: settings.text("metrics-host") ?? "127.0.0.1",
          });
    return serving({ collab, http, inner, path, drainMs });
  } catch (error) {
    await collab.close();
    throw error;
  }
}

function application(collab: CollabServer, path: string, settings: Settings): express.Express {
  const app = express();
  app.disable("x-powered-by");
  // Exactly as many proxies as there are: more would let anyone write its own address.
  app.set("trust proxy", settings.whole("trust-proxy", { min: 0, max: 10 }) ?? 0);
  app.use(path, collab.router);
  app.use((_request, response) => {
    response.status(404).json({ code: "not-found", message: `There is nothing here. The server is at ${path}.` });
  });
  return app;
}

interface Parts {
  readonly collab: CollabServer;
  readonly http: Server;
  readonly inner: Server | null;
  readonly path: string;
  readonly drainMs: number;
}

function serving({ collab, http, inner, path, drainMs }: Parts): Serving {
  return {
    url: `${urlOf(http)}${path}`,
    metricsUrl: inner && `${urlOf(inner)}/metrics`,
    async stop() {
      collab.drain();
      await new Promise((resolve) => setTimeout(resolve, drainMs));
      await Promise.all([http, inner].map((server) => server && ended(server)));
      await collab.close();
    },
  };
}

/** No new connections; those that are idle are ended, those with a request after its answer. */
async function ended(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), farewellMs);
  await closed;
  clearTimeout(late);
}

function listen(server: Server, { port, host }: { readonly port: number; readonly host: string }): Promise<Server> {
  return new Promise((resolve, reject) => {
    // When no new connections are taken, one whose request was answered is not kept for another.
    server.on("request", (_request, response) => {
      response.once("close", () => setImmediate(() => server.listening || server.closeIdleConnections()));
    });
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenProblem(error, port, host)));
    server.listen(port, host, () => resolve(server));
  });
}

function listenProblem(error: NodeJS.ErrnoException, port: number, host: string): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new SettingError(`Port ${port} on ${host} is in use. Stop what listens there, or give another --port.`);
    case "EACCES":
      return new SettingError(`Port ${port} needs more rights than this process has. Give a --port above 1023.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new SettingError(`${host} is no address of this machine. Give --host 127.0.0.1, or 0.0.0.0 for all.`);
    default:
      return error;
  }
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
