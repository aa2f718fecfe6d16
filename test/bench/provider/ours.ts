import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { startService } from "webpubsub-local";
import { WebPubSubProvider } from "y-webpubsub";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import * as Y from "yjs";

/** How the service is reached by itself. */
export interface ServiceAccess {
  readonly port: number;
  readonly accessKey: string;
}

export interface OurServer {
  /** Of the server that providers are told. */
  readonly port: number;
  readonly service: ServiceAccess;
}

export interface OurPlace {
  /** Keep documents on disk there; undefined: in memory. */
  readonly path: string | undefined;
  readonly port: number;
  /** Where it was before; undefined: anywhere. */
  readonly service: ServiceAccess | undefined;
}

/** Service and server in this process. */
export async function startOurs({ path, port, service: before }: OurPlace): Promise<OurServer> {
  const accessKey = before?.accessKey ?? randomBytes(32).toString("base64url");
  const service = await startService({ port: before?.port ?? 0, accessKey });
  const collab = createCollabServer({
    connectionString: `Endpoint=http://127.0.0.1:${service.port};AccessKey=${accessKey};Version=1.0;`,
    storage: path === undefined ? new MemoryStore() : new LevelStore({ path }),
    authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
  });
  const server = createServer(express().use("/collab", collab.router));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, service: { port: service.port, accessKey } };
}

/** A reader who lives here, so that its work is not the measuring process's. */
export async function joinHere(url: string, document: string): Promise<void> {
  const provider = new WebPubSubProvider(url, document, new Y.Doc(), { headers: { "x-user": "reader" } });
  await provider.whenSynced;
}
