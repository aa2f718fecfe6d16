import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import WebSocket from "ws";
import { listen } from "../floors/relay.ts";
import { weaveFolder } from "../provider/peers.ts";
import { documentName, hubName, type Member, type StartDesign } from "./design.ts";

interface Store {
  readonly provider: { readonly synced: boolean };
  register(instance: object): void;
  connect(): Promise<void>;
  setAwarenessInfo(field: string, value: unknown): void;
  getDocument(): { readonly clientID: number; getText(name: string): Member["text"] };
}

interface ClientPackage {
  readonly WeaveStoreAzureWebPubsub: new (initial: undefined, options: object, azure: object) => Store;
}

interface ServerPackage {
  readonly WeaveAzureWebPubsubServer: new (options: object) => { clientConnect(room: string): Promise<string> };
}

/** The store of Weave.js as published, client and server, without the drawing surface: what a canvas is told goes nowhere. */
export const startWeave: StartDesign = async (service) => {
  asInPage();
  const { WeaveStoreAzureWebPubsub } = await importFrom<ClientPackage>("client");
  const { WeaveAzureWebPubsubServer } = await importFrom<ServerPackage>("server");
  const [, key] = /AccessKey=([^;]+)/.exec(service.connectionString) ?? [];
  const server = new WeaveAzureWebPubsubServer({
    pubSubConfig: { endpoint: service.endpoint, hubName, auth: { key } },
    eventsHandlerConfig: {},
  });
  const negotiate = createServer(async (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ url: await server.clientConnect(documentName) }));
  });
  const port = await listen(negotiate);
  return {
    async join(user) {
      const azure = { roomId: documentName, url: `http://127.0.0.1:${port}/[roomId]` };
      const store = new WeaveStoreAzureWebPubsub(undefined, { getUser: () => ({ id: user, name: user }) }, azure);
      store.register(canvas);
      await store.connect();
      const doc = store.getDocument();
      return {
        text: doc.getText("text"),
        clientId: doc.clientID,
        isIn: () => store.provider.synced,
        show: (field, value) => store.setAwarenessInfo(field, value),
      };
    },
  };
};

function importFrom<T>(entry: "client" | "server"): Promise<T> {
  const file = resolve(weaveFolder, `node_modules/@inditextech/weave-store-azure-web-pubsub/dist/${entry}.js`);
  return import(pathToFileURL(file).href) as Promise<T>;
}

/** What the package wants of a page. It prints each connection's URL: nobody reads it here. */
function asInPage(): void {
  console.log = () => undefined;
  globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;
  // Before there is a window: it would be put there.
  createRequire(resolve(weaveFolder, "package.json"))("fake-indexeddb/auto");
  const page = { addEventListener: () => undefined, fetch: globalThis.fetch, location: new URL("http://127.0.0.1") };
  Object.assign(globalThis, { window: page });
}

const quiet = { info: () => undefined };
/** What the store tells its canvas. */
const canvas = {
  emitEvent: () => undefined,
  handleConnectionStatusChange: () => undefined,
  getChildLogger: () => quiet,
  getMainLogger: () => quiet,
};
