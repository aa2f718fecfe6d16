import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import express from "express";
import type { BrowserContext, Page } from "playwright-core";
import { type Service, startService } from "webpubsub-local";
import { type CollabServer, createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import type { Editor, EditorOptions } from "./editor-page.ts";
import { bundle } from "./esbuild.ts";

declare global {
  var editor: Editor;
  var openEditor: (options: EditorOptions) => void;
}

const root = resolve(import.meta.dirname, "../..");
const accessKey = "a key of at least thirty-two bytes for tests";

/** Service, server, and a page with nothing but a provider, which is there though the server is not. */
export class EditorHouse {
  readonly #service: Service;
  readonly #pages: Server;
  readonly #store = new MemoryStore();
  #collab: CollabServer | null = null;
  #server: Server | null = null;
  #port = 0;

  private constructor(service: Service, pages: Server) {
    this.#service = service;
    this.#pages = pages;
  }

  static async start(): Promise<EditorHouse> {
    const script = pageScript();
    const app = express();
    app.get("/editor.js", (_request, response) => void response.type("js").send(script));
    app.get(["/", "/elsewhere"], (_request, response) => {
      response
        .type("html")
        .send('<!doctype html><title>editor</title><script type="module" src="/editor.js"></script>');
    });
    const house = new EditorHouse(await startService({ port: 0, accessKey }), await listen(app));
    await house.startServer();
    return house;
  }

  get pageUrl(): string {
    return `http://127.0.0.1:${portOf(this.#pages)}/`;
  }

  get server(): string {
    return `http://127.0.0.1:${this.#port}/collab`;
  }

  get service(): Service {
    return this.#service;
  }

  async startServer(): Promise<void> {
    this.#collab = createCollabServer({
      connectionString: `Endpoint=http://127.0.0.1:${this.#service.port};AccessKey=${accessKey};Version=1.0;`,
      storage: this.#store,
      allowedOrigins: [new URL(this.pageUrl).origin],
      authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
    });
    this.#server = await listen(express().use("/collab", this.#collab.router), this.#port);
    this.#port = portOf(this.#server);
  }

  async close(): Promise<void> {
    for (const server of [this.#server, this.#pages]) {
      server?.closeAllConnections();
      await new Promise((closed) => (server === null ? closed(null) : server.close(closed)));
    }
    await this.#collab?.close();
    await this.#service.close();
  }

  /** A tab with the document open. */
  async tab(context: BrowserContext, document: string, user: string, persistent = false): Promise<Page> {
    const page = await context.newPage();
    await this.visit(page, document, user, persistent);
    return page;
  }

  /** The same in a tab that is there. */
  async visit(page: Page, document: string, user: string, persistent = false): Promise<void> {
    await page.goto(this.pageUrl);
    await page.waitForFunction(() => "openEditor" in globalThis);
    await page.evaluate((options) => openEditor(options), { server: this.server, document, user, persistent });
    await page.evaluate(() => editor.loaded());
  }
}

function pageScript(): string {
  const outputFiles = bundle({
    entryPoints: [resolve(root, "test/support/editor-page.ts")],
    ...{ format: "esm", platform: "browser", write: false },
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error("The page's script was not made.");
  return script.text;
}

async function listen(app: express.Express, port = 0): Promise<Server> {
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
