/** The process under measurement: service and server over the store that the drawing was written into. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { startService } from "webpubsub-local";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { answerCalls } from "../processes.ts";
import { cpuSeconds } from "./usage.ts";

const calls = {
  /** Resolves with the address that editors are told. */
  start: (path: string): Promise<string> => start(path),
  cpuSeconds,
};

export type ServerCalls = typeof calls;

answerCalls(calls);

async function start(path: string): Promise<string> {
  const service = await startService({ port: 0 });
  const collab = createCollabServer({
    connectionString: service.connectionString,
    storage: new LevelStore({ path }),
    rates: "off",
    authorize: (request) => ({ userId: request.get("x-user") ?? "bench", role: "writer" }),
  });
  const server = createServer(express().use("/collab", collab.router));
  // Editors that share two cores answer late: an idle connection must not be closed under the next request.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // As whoever sends requests here would ask first; it starts the worker thread.
  await collab.health();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/collab`;
}
