/** The process under measurement: our service and server, a peer's server, or a relay that does nothing else. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import { startService } from "webpubsub-local";
import { WebSocketServer } from "ws";
import { WebPubSubProvider } from "y-webpubsub";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import * as Y from "yjs";
import { answerCalls } from "../processes.ts";
import { requirePeer } from "./peers.ts";

export type ServerKind = "ours" | "y-websocket" | "hocuspocus" | "relay";

const calls = {
  start: (options: StartOptions) => start(options),
  /** A reader of ours who lives here, so that its work is not the measuring process's. */
  join: async ({ url, document }: { readonly url: string; readonly document: string }): Promise<void> => {
    const provider = new WebPubSubProvider(url, document, new Y.Doc(), { headers: { "x-user": "reader" } });
    await provider.whenSynced;
  },
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

export interface StartOptions {
  readonly kind: ServerKind;
  /** Keep documents on disk there. Default: in memory. */
  readonly path?: string;
}

export type ServerCalls = typeof calls;

answerCalls(calls);

function start({ kind, path }: StartOptions): Promise<number> {
  switch (kind) {
    case "ours":
      return startOurs(path);
    case "y-websocket":
      return startYWebsocket(path);
    case "hocuspocus":
      return startHocuspocus(path);
    case "relay":
      return startRelay();
    default:
      throw new Error(`There is no server '${String(kind satisfies never)}'.`);
  }
}

async function startOurs(path: string | undefined): Promise<number> {
  const accessKey = randomBytes(32).toString("base64url");
  const service = await startService({ port: 0, accessKey });
  const collab = createCollabServer({
    connectionString: `Endpoint=http://127.0.0.1:${service.port};AccessKey=${accessKey};Version=1.0;`,
    storage: path === undefined ? new MemoryStore() : new LevelStore({ path }),
    authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
  });
  return listen(express().use("/collab", collab.router));
}

interface YWebsocketUtils {
  readonly setupWSConnection: (socket: unknown, request: unknown) => void;
}

async function startYWebsocket(path: string | undefined): Promise<number> {
  if (path !== undefined) process.env["YPERSISTENCE"] = path;
  const { setupWSConnection } = requirePeer<YWebsocketUtils>("@y/websocket-server/utils");
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", setupWSConnection);
  return listening(server);
}

interface HocuspocusModule {
  readonly Server: new (options: object) => { listen(): Promise<unknown>; readonly address: { readonly port: number } };
}

async function startHocuspocus(path: string | undefined): Promise<number> {
  const { Server } = requirePeer<HocuspocusModule>("@hocuspocus/server");
  const extensions = path === undefined ? [] : [keepInFile(join(path, "document"))];
  const server = new Server({ port: 0, address: "127.0.0.1", quiet: true, extensions });
  await server.listen();
  return server.address.port;
}

/** The whole document in one file, by Hocuspocus's own extension. */
function keepInFile(file: string): object {
  const { Database } = requirePeer<{ readonly Database: new (options: object) => object }>(
    "@hocuspocus/extension-database",
  );
  return new Database({
    fetch: async () => (existsSync(file) ? new Uint8Array(readFileSync(file)) : null),
    store: async ({ state }: { readonly state: Uint8Array }) => writeFileSync(file, state),
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
  return listening(server);
}

function listen(app: RequestListener): Promise<number> {
  return listening(createServer(app));
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
