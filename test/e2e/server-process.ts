/** A server of its own process for kill tests: LevelStore, and a user is whoever the header says. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";

const collab = createCollabServer({
  // Nothing in a kill test publishes; notices to a service that is not there fail and are counted.
  connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes;Version=1.0;",
  storage: new LevelStore({ path: process.env["DATA_DIR"] ?? "" }),
  authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
});
await collab.ready();
const server = createServer(express().use("/collab", collab.router));
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`ready on ${(server.address() as AddressInfo).port}`);
});
