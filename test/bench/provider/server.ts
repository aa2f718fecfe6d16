/** The process under measurement: our service and server, a peer's server, or a relay that does nothing else. */
import { subscribe } from "node:diagnostics_channel";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { startBatched } from "../floors/batched.ts";
import { startSharedFrame } from "../floors/shared-frame.ts";
import { answerCalls } from "../processes.ts";
import type { ServiceAccess } from "./ours.ts";
import { requirePeer } from "./peers.ts";

export type ServerKind = "ours" | "y-websocket" | "hocuspocus" | "relay" | Floor;
/** Relays that know documents, and nothing else: one write a message, and one write for each connection and turn. */
export type Floor = "shared-frame" | "batched";

/** What everybody who is connected cost so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

const calls = {
  start: (options: StartOptions) => start(options),
  /** A reader of ours who lives here, so that its work is not the measuring process's. */
  join: async ({ url, document }: { readonly url: string; readonly document: string }): Promise<void> => {
    await (await import("./ours.ts")).joinHere(url, document);
  },
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  /** After a full garbage collection. */
  usage: (): Usage => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const residentBytes = process.memoryUsage.rss();
    return { cpuSeconds: (user + system) / 1e6, residentBytes, ...wireBytes() };
  },
  /** Ours only. */
  service: (): ServiceAccess => {
    if (access === undefined) throw new Error("There is no service here.");
    return access;
  },
};

let access: ServiceAccess | undefined;
const sockets = new Set<Socket>();
const ended = { bytesReceived: 0, bytesSent: 0 };

subscribe("net.server.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  sockets.add(socket);
  socket.once("close", () => {
    sockets.delete(socket);
    ended.bytesReceived += socket.bytesRead;
    ended.bytesSent += socket.bytesWritten;
  });
});

/** Over all connections, whatever is spoken on them. */
function wireBytes(): { readonly bytesReceived: number; readonly bytesSent: number } {
  let { bytesReceived, bytesSent } = ended;
  for (const socket of sockets) {
    bytesReceived += socket.bytesRead;
    bytesSent += socket.bytesWritten;
  }
  return { bytesReceived, bytesSent };
}

export interface StartOptions {
  readonly kind: ServerKind;
  /** Keep documents on disk there. Default: in memory. */
  readonly path?: string;
  /** Where it was before it ended. Default: anywhere. */
  readonly port?: number;
  readonly service?: ServiceAccess;
}

export type ServerCalls = typeof calls;

answerCalls(calls);

function start({ kind, path, port = 0, service }: StartOptions): Promise<number> {
  switch (kind) {
    case "ours":
      return startOurs(path, port, service);
    case "y-websocket":
      return startYWebsocket(path, port);
    case "hocuspocus":
      return startHocuspocus(path, port);
    case "relay":
      return startRelay();
    case "shared-frame":
      return startSharedFrame();
    case "batched":
      return startBatched();
    default:
      throw new Error(`There is no server '${String(kind satisfies never)}'.`);
  }
}

/** Loaded when asked for: a peer's process has no second yjs, and none of our memory. */
async function startOurs(path: string | undefined, port: number, service?: ServiceAccess): Promise<number> {
  const started = await (await import("./ours.ts")).startOurs({ path, port, service });
  access = started.service;
  return started.port;
}

interface YWebsocketUtils {
  readonly setupWSConnection: (socket: unknown, request: unknown) => void;
}

async function startYWebsocket(path: string | undefined, port: number): Promise<number> {
  if (path !== undefined) process.env["YPERSISTENCE"] = path;
  const { setupWSConnection } = requirePeer<YWebsocketUtils>("@y/websocket-server/utils");
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", setupWSConnection);
  return listening(server, port);
}

interface HocuspocusModule {
  readonly Server: new (options: object) => { listen(): Promise<unknown>; readonly address: { readonly port: number } };
}

async function startHocuspocus(path: string | undefined, port: number): Promise<number> {
  const { Server } = requirePeer<HocuspocusModule>("@hocuspocus/server");
  const extensions = path === undefined ? [] : [keepInFiles(path)];
  const server = new Server({ port, address: "127.0.0.1", quiet: true, extensions });
  await server.listen();
  return server.address.port;
}

/** Each document in one file, by Hocuspocus's own extension. */
function keepInFiles(path: string): object {
  const { Database } = requirePeer<{ readonly Database: new (options: object) => object }>(
    "@hocuspocus/extension-database",
  );
  const fileOf = ({ documentName }: { readonly documentName: string }) => join(path, encodeURIComponent(documentName));
  return new Database({
    fetch: async (of: { readonly documentName: string }) =>
      existsSync(fileOf(of)) ? new Uint8Array(readFileSync(fileOf(of))) : null,
    store: async (of: { readonly documentName: string; readonly state: Uint8Array }) =>
      writeFileSync(fileOf(of), of.state),
  });
}

/** What a message costs at least: one `ws` send for each other socket. */
async function startRelay(): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      for (const other of sockets.clients) if (other !== socket) other.send(data, { binary: isBinary });
    });
  });
  return listening(server, 0);
}

async function listening(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
