import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { type Service, startService } from "webpubsub-local";
import { type CollabServer, type CollabServerOptions, createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";

const accessKey = "a key of at least thirty-two bytes for tests";

/** Who a request is from in tests: the headers `x-user` and `x-role` are believed. */
export const userHeader = "x-user";
export const roleHeader = "x-role";

/** The real service and the real server with a store on disk, in this process; each can go down and come back. */
export class Collab {
  readonly #directory: string;
  readonly #options: Partial<CollabServerOptions>;
  #service: Service | null = null;
  #servicePort = 0;
  #http: { readonly server: Server; readonly collab: CollabServer } | null = null;
  #httpPort = 0;

  private constructor(directory: string, options: Partial<CollabServerOptions>) {
    this.#directory = directory;
    this.#options = options;
  }

  /** `options`: of the server, beside its own. */
  static async start(options: Partial<CollabServerOptions> = {}): Promise<Collab> {
    const collab = new Collab(await mkdtemp(join(tmpdir(), "y-webpubsub-")), options);
    await collab.startService();
    await collab.startServer();
    return collab;
  }

  /** What a provider takes as server URL. */
  get url(): string {
    return `http://127.0.0.1:${this.#httpPort}/collab`;
  }

  /** What the application holds. */
  get server(): CollabServer {
    if (this.#http === null) throw new Error("The server is down.");
    return this.#http.collab;
  }

  get service(): Service {
    if (this.#service === null) throw new Error("The service is down.");
    return this.#service;
  }

  /** Ends every connection for good, as an operator would. */
  closeConnections(): void {
    this.service.hub("collab").stop("closed by the test");
  }

  /** Cuts every connection as a broken network would; each may be recovered. */
  cutConnections(): void {
    const hub = this.service.hub("collab");
    for (const id of hub.connections.keys()) this.service.cut(id);
  }

  /** Comes back on the port and with the key it had. */
  async startService(): Promise<void> {
    this.#service = await startService({ port: this.#servicePort, accessKey });
    this.#servicePort = this.#service.port;
  }

  async stopService(): Promise<void> {
    await this.#service?.close();
    this.#service = null;
  }

  /** Comes back on the port it had, with what is on the disk. */
  async startServer(): Promise<void> {
    const collab = createCollabServer({
      connectionString: `Endpoint=http://127.0.0.1:${this.#servicePort};AccessKey=${accessKey};Version=1.0;`,
      hub: "collab",
      // Notices fail while the service is down: the tests mean it.
      log: (line) => {
        if (line.level === "error") console.error(line);
      },
      storage: new LevelStore({ path: join(this.#directory, "store") }),
      authorize(request) {
        const userId = request.headers[userHeader];
        if (typeof userId !== "string") return null;
        return { userId, role: request.headers[roleHeader] === "reader" ? "reader" : "writer" };
      },
      ...this.#options,
    });
    const server = createServer(express().use("/collab", collab.router));
    await new Promise<void>((resolve) => server.listen(this.#httpPort, "127.0.0.1", resolve));
    this.#httpPort = (server.address() as AddressInfo).port;
    this.#http = { server, collab };
  }

  async stopServer(): Promise<void> {
    if (this.#http === null) return;
    const { server, collab } = this.#http;
    this.#http = null;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await collab.close();
  }

  async close(): Promise<void> {
    await this.stopServer();
    await this.stopService();
    await rm(this.#directory, { recursive: true });
  }
}
