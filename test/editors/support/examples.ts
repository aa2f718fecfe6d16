import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import type { Service } from "webpubsub-local";
import type { CollabServer } from "y-webpubsub-server";
import { openBrowser } from "../../support/pages.ts";
import type { EditorUnderTest } from "./editors.ts";
import { type Guest, Visitor } from "./visitor.ts";

interface Running {
  readonly service: Service;
  readonly collab: CollabServer;
  readonly server: Server;
  readonly browser: Browser;
}

/** All examples built once, the very server the docs show, and one browser; each test has a document of its own. */
export class Examples {
  #running: Running | null = null;
  #document = "";
  #visitors: Visitor[] = [];

  async open(): Promise<void> {
    await rm(resolve(import.meta.dirname, "../dist"), { recursive: true, force: true });
    await Promise.all([buildPages("plain"), buildPages("strict")]);
    process.env["PORT"] = "0";
    const { service, collab, server } = await import("../server.ts");
    if (!server.listening) await once(server, "listening");
    this.#running = { service, collab, server, browser: await openBrowser() };
  }

  async close(): Promise<void> {
    if (this.#running === null) return;
    const { service, collab, server, browser } = this.#running;
    await browser.close();
    server.closeAllConnections();
    server.close();
    await collab.close();
    await service.close();
  }

  begin(): void {
    this.#document = `notes-${crypto.randomUUID()}`;
  }

  /** Everybody leaves. Throws when a page met an error. */
  async end(): Promise<void> {
    const errors = this.#visitors.flatMap(({ errors }) => errors);
    await Promise.all(this.#visitors.splice(0).map((visitor) => visitor.close()));
    if (errors.length > 0) throw new Error(`a page met errors: ${errors.join("; ")}`);
  }

  /** Opens the example for somebody, and waits until it is live and knows its role. */
  async come(editor: EditorUnderTest, guest: Guest, build: Build = "plain"): Promise<Visitor> {
    const { browser, server } = this.#open;
    const { port } = server.address() as AddressInfo;
    const address = new URLSearchParams({ ...guest, document: this.#document });
    const base = `http://127.0.0.1:${port}${build === "strict" ? "/strict" : ""}`;
    const visitor = await Visitor.at(browser, `${base}/${editor.name}/?${address}`, editor);
    await visitor.page.addScriptTag({ url: `${base}/inspect.js`, type: "module" });
    this.#visitors.push(visitor);
    await visitor.isLive();
    return visitor;
  }

  /** The ids of a person's connections that the service has. */
  connectionsOf(name: string): string[] {
    const { connections } = this.#open.service.hub("collab");
    return [...connections].flatMap(([id, { identity }]) => (identity.userId?.endsWith(`.${name}`) ? [id] : []));
  }

  /** Cuts a person's sockets, as a broken network would. */
  cut(name: string): void {
    for (const id of this.connectionsOf(name)) this.#open.service.cut(id);
  }

  /** What the server would give a newcomer. */
  savedText(editor: EditorUnderTest): Promise<string> {
    return this.#open.collab.document(this.#document).read((doc) => editor.textOf(doc));
  }

  get #open(): Running {
    if (this.#running === null) throw new Error("The examples are not open.");
    return this.#running;
  }
}

/** `strict`: with React's development half, which mounts everything twice under StrictMode. */
type Build = "plain" | "strict";

async function buildPages(mode: Build): Promise<void> {
  const root = resolve(import.meta.dirname, "../../..");
  const vite = spawn(
    process.execPath,
    [resolve(root, "node_modules/vite/bin/vite.js"), "build", "--mode", mode, "--logLevel", "error"],
    { cwd: resolve(root, "test/editors"), stdio: ["ignore", "inherit", "inherit"] },
  );
  const [code] = await once(vite, "exit");
  if (code !== 0) throw new Error(`vite build ended with ${code}`);
}
