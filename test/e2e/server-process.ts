/** A server of its own process for tests that kill and freeze it: a user is whoever the header says. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { createCollabServer } from "y-webpubsub-server";
import { chosenStore } from "../support/chosen-store.ts";
import { seedOnce } from "../support/seed.ts";

const storage = await chosenStore(process.env);
const collab = createCollabServer({
  // In most of these tests nothing publishes; notices to a service that is not there fail and are counted.
  connectionString:
    process.env["SERVICE"] ?? "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes;Version=1.0;",
  storage,
  authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
});
await collab.ready();
await seedOnce(storage, (process.env["SEED_DOCUMENTS"] ?? "").split(",").filter(Boolean), `process ${process.pid}`);
const app = express().use("/collab", collab.router);
app.get("/stats", (_, response) => {
  response.json(collab.stats());
});
const server = createServer(app);
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`ready on ${(server.address() as AddressInfo).port}`);
});
