import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Hub } from "./core/hub.ts";
import { defaultLimits, type Limits } from "./core/limits.ts";
import type { HubEvent } from "./core/ports.ts";
import { ServiceError } from "./errors.ts";
import { signingKeys } from "./http/auth.ts";
import { serveRest } from "./http/router.ts";
import { Sockets } from "./http/sockets.ts";
import { Upgrader } from "./http/upgrade.ts";
import { checkKeys, developmentKey, isLoopback, randomKey } from "./keys.ts";

export interface ServiceOptions {
  /** Default 8080; 0 takes any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. Anything but loopback is reachable by others and needs a key of your own. */
  readonly host?: string;
  /** At least 32 bytes. Default: a random key, to be read from `connectionString`. */
  readonly accessKey?: string;
  /** A second key that validates as well, for rotation. */
  readonly secondaryKey?: string;
  /** Use `developmentKey`, the one of Microsoft's emulator, when no `accessKey` is given. Loopback only. Default false. */
  readonly useDevelopmentKey?: boolean;
  /** Further hosts (name and port) that tokens may name, such as a proxy in front of the service. */
  readonly hosts?: readonly string[];
  /** Between WebSocket pings; a client that answers neither of two is ended. Default 20,000, as on Azure. */
  readonly keepAliveMs?: number;
  /** Default: the limits of Azure. */
  readonly limits?: Partial<Limits>;
  /** Called for each thing worth a line. Never sees a token, a key or a payload. Default: nothing. */
  readonly log?: (line: LogLine) => void;
}

export type LogLine =
  | HubEvent
  | { readonly type: "listening"; readonly endpoint: string }
  | { readonly type: "upgrade-refused"; readonly status: number; readonly reason: string }
  | { readonly type: "fault"; readonly message: string }
  | { readonly type: "stopped" };

export interface Service {
  /** Such as `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /** What the official SDKs take. With an http endpoint the server SDK wants `allowInsecureConnection: true`. */
  readonly connectionString: string;
  readonly port: number;
  /** Hubs exist by being named; names ignore case. */
  hub(name: string): Hub;
  /** Cuts the transport of a connection like a broken network, for tests. False if it has none. */
  cut(connectionId: string): boolean;
  /** Sends `disconnected` to every client, closes with 1000, then stops listening. Once; later calls wait for the first. */
  close(): Promise<void>;
}

/** How long clients get to finish the closing handshake when the service stops. */
const farewellMs = 1_000;

/** Starts a service. Rejects with `ServiceError` if the options are unfit or the port is taken. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const host = options.host ?? "127.0.0.1";
  const accessKey = options.accessKey ?? (options.useDevelopmentKey === true ? developmentKey : randomKey());
  const accessKeys = options.secondaryKey === undefined ? [accessKey] : [accessKey, options.secondaryKey];
  checkKeys(accessKeys, host);
  const log = options.log ?? (() => undefined);
  const limits = { ...defaultLimits, ...options.limits };
  const hubs = new Map<string, Hub>();
  const hub = (name: string) => {
    const canonical = name.toLowerCase();
    const found = hubs.get(canonical) ?? openHub(canonical, limits, log);
    hubs.set(canonical, found);
    return found;
  };
  const sockets = new Sockets(options.keepAliveMs ?? 20_000);
  const hosts: string[] = [...(options.hosts ?? [])];
  const keys = signingKeys(accessKeys);
  const now = () => Date.now();
  const failed = (error: unknown) => log({ type: "fault", message: String(error) });
  const refused = (status: number, reason: string) => log({ type: "upgrade-refused", status, reason });
  const rest = { keys, hosts, now, hub, failed };
  const upgrader = new Upgrader({
    keys,
    hosts,
    sockets,
    messageBytesMax: limits.messageBytesMax,
    groupNameCharsMax: limits.groupNameCharsMax,
    now,
    hub,
    knownHub: (name) => hubs.get(name.toLowerCase()),
    refused,
  });
  const server = createServer((request, response) => void serveRest(rest, request, response));
  server.on("upgrade", (request, socket, head) => upgrader.upgrade(request, socket, head));
  server.on("clientError", (_error, socket) => {
    if (!socket.writable) socket.destroy();
    else socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", () => socket.destroy());
  });
  const port = await listen(server, options.port ?? 8080, host).catch((error: unknown) => {
    sockets.end();
    throw error;
  });
  server.on("error", failed);
  const authority = `${publicName(host)}:${port}`;
  hosts.push(authority);
  const endpoint = `http://${authority}`;
  log({ type: "listening", endpoint });
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    connectionString: `Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`,
    port,
    hub,
    cut: (connectionId) => sockets.cut(connectionId),
    close: () => {
      closing ??= stop(server, hubs, sockets).then(() => log({ type: "stopped" }));
      return closing;
    },
  };
}

function openHub(name: string, limits: Limits, log: (line: LogLine) => void): Hub {
  return new Hub({
    name,
    limits,
    onEvent: log,
    clock: {
      now: () => performance.now(),
      after: (delayMs, fire) => {
        const timer = setTimeout(fire, delayMs);
        timer.unref();
        return () => clearTimeout(timer);
      },
    },
    scheduler: { soon: (task) => void setImmediate(task) },
    ids: {
      connectionId: () => randomBytes(18).toString("base64url"),
      reconnectionToken: () => randomBytes(32).toString("base64url"),
    },
  });
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): ServiceError {
  if (error.code === "EADDRINUSE") {
    return new ServiceError("port-in-use", `Port ${port} is in use. Choose another one; 0 takes any free port.`, {
      cause: error,
    });
  }
  const next = error.code === "ENOTFOUND" || error.code === "EADDRNOTAVAIL" ? "Give an address of this machine." : "";
  return new ServiceError("cannot-listen", `Cannot listen on ${host}:${port}: ${error.message}. ${next}`.trim(), {
    cause: error,
  });
}

/** Wildcard addresses cannot be dialled: clients of this machine use its loopback name. */
function publicName(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") && !isLoopback(host) ? `[${host}]` : host === "::1" ? "[::1]" : host;
}

async function stop(server: Server, hubs: ReadonlyMap<string, Hub>, sockets: Sockets): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const hub of hubs.values()) hub.stop("The service is stopping.");
  server.closeIdleConnections();
  const impatient = setTimeout(() => {
    sockets.end();
    server.closeAllConnections();
  }, farewellMs);
  await closed;
  clearTimeout(impatient);
  sockets.end();
}
