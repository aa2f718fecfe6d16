/** The whiteboard's server: pages, collaboration and storage put together. Run by `start.ts`, or alone behind a proxy. */
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import express from "express";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { roleIn } from "./boards.ts";
import { liveAsChild } from "./child.ts";
import { Identity } from "./identity.ts";
import { lab } from "./lab.ts";
import { pages } from "./pages.ts";
import { readSettings, socketOrigin } from "./settings.ts";

/** Requests under way get this long to finish when the server stops. */
const farewellMs = 3000;

await liveAsChild(async () => {
  const { port, host, dataDirectory, connectionString, lab: hasLab, trustProxy } = readSettings(process.env);
  const socket = socketOrigin(connectionString);
  await mkdir(dataDirectory, { recursive: true });
  const identity = await Identity.open(dataDirectory);
  const collab = createCollabServer({
    connectionString,
    hub: "collab",
    storage: new LevelStore({ path: join(dataDirectory, "boards") }),
    /** Whoever shows the board's key may write, whoever only knows the board's id may read. */
    authorize(request, document) {
      const userId = identity.userOf(request);
      const role = roleIn(document, request);
      return userId !== null && role !== null ? { userId, role } : null;
    },
  });
  // A store that cannot be opened (another process has it) is said now, not to the first visitor.
  await collab.ready();
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustProxy ? 1 : false);
  app.use("/collab", collab.router);
  app.use(identity.welcome);
  if (hasLab) app.use("/lab", lab());
  app.use(pages({ directory: resolve(import.meta.dirname, "../dist"), socket, lab: hasLab }));
  const server = createServer(app);
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    async close(): Promise<void> {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), farewellMs);
      await closed;
      clearTimeout(late);
      await collab.close();
    },
  };
});

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      fail(
        error.code === "EADDRINUSE"
          ? new Error(`Port ${port} on ${host} is in use. Stop what listens there, or set PORT to another one.`)
          : error,
      );
    });
    server.listen(port, host, done);
  });
}
