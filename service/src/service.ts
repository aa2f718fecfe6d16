import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { attach } from "./attach.ts";
import type { Hub } from "./core/hub.ts";
import { Engine } from "./engine.ts";
import { ServiceError } from "./errors.ts";
import type { FaultControl } from "./http/fault-control.ts";
import { isLoopback } from "./keys.ts";
import type { Log } from "./log.ts";
import { LiveSettings } from "./settings/live-settings.ts";
import type { Settings } from "./settings/settings.ts";

export interface ServiceOptions extends Settings {
  /** A JSON file with settings. Options given here win over it. It is read again whenever it changes. */
  readonly settingsFile?: string;
  /** Called for each thing worth a line. Never sees a token, a key or a payload. Default: nothing. */
  readonly log?: Log;
}

export interface Service {
  /** Such as `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /**
   * What the official SDKs take, with the primary key that holds now. With an http endpoint the server SDK wants
   * `allowInsecureConnection: true`.
   */
  readonly connectionString: string;
  readonly port: number;
  /** The settings that hold now, from the file and the options. */
  readonly settings: Settings;
  /** Hubs exist by being named; names ignore case. */
  hub(name: string): Hub;
  /** Cuts the transport of a connection like a broken network, for tests. False if it has none. */
  cut(connectionId: string): boolean;
  /** Faults on purpose, for tests: rules for frames, recoveries and REST calls, and a crash of the whole service. */
  readonly faults: FaultControl;
  /** Sends `disconnected` to every client, closes with 1000, then stops listening. Once; later calls wait for the first. */
  close(): Promise<void>;
}

/** How long clients get to finish the closing handshake, and event handlers to hear of it, when the service stops. */
const farewellMs = 1_000;
const farewell = "The service is stopping.";

/** Starts a service. Rejects with `ServiceError` if the settings are unfit or the port is taken. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const live = new LiveSettings(options);
  const { host = "127.0.0.1", port: wantedPort = 8080 } = live.settings;
  const engine = openEngine(live, options);
  const server = createServer((request, response) => engine.request(request, response));
  server.on("upgrade", (request, socket, head) => engine.upgrade(request, socket, head));
  server.on("clientError", (_error, socket) => {
    if (!socket.writable) socket.destroy();
    else socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", () => socket.destroy());
  });
  const port = await listen(server, wantedPort, host).catch((error: unknown) => {
    live.stop();
    engine.sockets.end();
    throw error;
  });
  server.on("error", (error) => engine.fault(error));
  return publish(engine, { host, port }, async () => {
    live.stop();
    await stopServer(server, engine);
  });
}

/**
 * The service on an HTTP server of yours, which must be listening already. It takes the paths below `/client`,
 * `/clients`, `/api/hubs` and `/api/health`, requests and upgrades alike; everything else goes to the listeners that
 * were there before, so attach after your own. The live page is at `/webpubsub-local/`, with `/webpubsub-local/metrics` and
 * `/webpubsub-local/faults`. `port` and `host` of the options are not used. `close` detaches and leaves your server open.
 */
export async function attachService(server: Server, options: ServiceOptions = {}): Promise<Service> {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new ServiceError(
      "cannot-listen",
      "The HTTP server has no port yet. Wait for its 'listening' event, then attach.",
    );
  }
  const live = new LiveSettings({ ...options, host: address.address });
  const engine = openEngine(live, options);
  const detach = attach(server, engine);
  return publish(engine, { host: address.address, port: address.port }, async () => {
    live.stop();
    const impatient = setTimeout(() => engine.sockets.end(), farewellMs);
    await engine.stop(farewell, farewellMs);
    detach();
    await engine.sockets.emptied();
    clearTimeout(impatient);
    engine.sockets.end();
  });
}

function openEngine(live: LiveSettings, options: ServiceOptions): Engine {
  try {
    const engine = new Engine(live.settings, options.log ?? (() => undefined));
    live.follow(engine);
    return engine;
  } catch (error) {
    live.stop();
    throw error;
  }
}

function publish(
  engine: Engine,
  { host, port }: { readonly host: string; readonly port: number },
  stop: () => Promise<void>,
): Service {
  const authority = `${publicName(host)}:${port}`;
  const endpoint = `http://${authority}`;
  engine.authority = authority;
  engine.log({ type: "listening", endpoint });
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    get connectionString() {
      return `Endpoint=${endpoint};AccessKey=${engine.primaryKey};Version=1.0;`;
    },
    port,
    get settings() {
      return engine.settings;
    },
    hub: (name) => engine.hub(name),
    cut: (connectionId) => engine.sockets.cut(connectionId),
    faults: engine.front.faults,
    close: () => {
      closing ??= stop().then(() => engine.log({ type: "stopped" }));
      return closing;
    },
  };
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

async function stopServer(server: Server, engine: Engine): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const impatient = setTimeout(() => {
    engine.sockets.end();
    server.closeAllConnections();
  }, farewellMs);
  const told = engine.stop(farewell, farewellMs);
  server.closeIdleConnections();
  await closed;
  clearTimeout(impatient);
  engine.sockets.end();
  await told;
}
