import { join } from "node:path";
import express from "express";
import { startService } from "webpubsub-local";
import { createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";

/** On this machine an embedded service stands in for Azure Web PubSub. */
export const service = await startService({ port: 0 });

export const collab = createCollabServer({
  connectionString: service.connectionString,
  storage: new MemoryStore(),
  // For trying out: whoever asks is believed. An application looks at its session or token here.
  authorize: ({ query }) => ({
    userId: String(query["user"] ?? "anonymous"),
    role: query["role"] === "reader" ? "reader" : "writer",
  }),
});

const app = express();
app.use("/collab", collab.router);
app.use(express.static(join(import.meta.dirname, "dist")));

const port = Number(process.env["PORT"] ?? 3000);
export const server = app.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
