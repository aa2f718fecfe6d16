import { createServer } from "node:http";
import express from "express";
import { WebPubSubProvider } from "y-webpubsub";
import { createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import * as Y from "yjs";
import { listen } from "../floors/relay.ts";
import { documentName, hubName, type StartDesign } from "./design.ts";

/** The provider and the server of this repository. */
export function startOurs(policy: "responsive" | "economy"): StartDesign {
  return async (service) => {
    const collab = createCollabServer({
      connectionString: service.connectionString,
      hub: hubName,
      storage: new MemoryStore(),
      authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
    });
    const port = await listen(createServer(express().use("/collab", collab.router)));
    return {
      async join(user) {
        const headers = { "x-user": user };
        const url = `http://127.0.0.1:${port}/collab`;
        const provider = new WebPubSubProvider(url, documentName, new Y.Doc(), { headers, policy });
        await provider.whenSynced;
        const text = provider.doc.getText("text");
        return {
          text,
          clientId: provider.doc.clientID,
          isIn: () => provider.synced,
          show: (field, value) => provider.awareness.setLocalStateField(field, value),
        };
      },
    };
  };
}
