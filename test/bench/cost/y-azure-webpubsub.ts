import { createServer } from "node:http";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import WebSocket from "ws";
import { listen } from "../floors/relay.ts";
import { requirePeer } from "../provider/peers.ts";
import { documentName, hubName, type Member, type StartDesign } from "./design.ts";

interface Doc {
  readonly clientID: number;
  getText(name: string): Member["text"];
}

interface Host {
  start(): Promise<void>;
}

interface Client {
  readonly synced: boolean;
  readonly awareness: { setLocalStateField(field: string, value: unknown): void };
  start(): Promise<void>;
}

interface Packages {
  readonly yjs: { readonly Doc: new () => Doc };
  readonly host: {
    readonly WebPubSubSyncHost: new (service: unknown, topic: string, doc: Doc, options: object) => Host;
  };
  readonly client: { readonly WebPubSubSyncClient: new (url: string, topic: string, doc: Doc) => Client };
}

/** The host says nothing when it has joined its group. */
const hostJoinsMs = 1_000;

/** `y-azure-webpubsub` and its client as published, used as their pages show: one host process for a document. */
export const startYAzureWebPubSub: StartDesign = async (service) => {
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;
  const yjs = requirePeer<Packages["yjs"]>("yjs");
  const { WebPubSubSyncHost } = requirePeer<Packages["host"]>("y-azure-webpubsub");
  const { WebPubSubSyncClient } = requirePeer<Packages["client"]>("y-azure-webpubsub-client");
  const tokens = new WebPubSubServiceClient(service.connectionString, hubName, { allowInsecureConnection: true });
  await new WebPubSubSyncHost(tokens, documentName, new yjs.Doc(), { WebSocketPolyfill: WebSocket }).start();
  await new Promise((resolve) => setTimeout(resolve, hostJoinsMs));
  const roles = [`webpubsub.joinLeaveGroup.${documentName}`, `webpubsub.sendToGroup.${documentName}.host`];
  const negotiate = createServer(async (_request, response) => {
    const { url } = await tokens.getClientAccessToken({ userId: crypto.randomUUID(), roles });
    response.setHeader("content-type", "application/json").end(JSON.stringify({ url }));
  });
  const port = await listen(negotiate);
  return {
    async join() {
      const doc = new yjs.Doc();
      const client = new WebPubSubSyncClient(`http://127.0.0.1:${port}/negotiate`, documentName, doc);
      await client.start();
      return {
        text: doc.getText("text"),
        clientId: doc.clientID,
        isIn: () => client.synced,
        show: (field, value) => client.awareness.setLocalStateField(field, value),
      };
    },
  };
};
