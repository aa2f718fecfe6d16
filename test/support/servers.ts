import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { type Service, startService } from "webpubsub-local";
import { type Authorize, type CollabServer, type CollabServerOptions, createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { roleHeader, userHeader } from "./collab.ts";

export const accessKey = "a key of at least thirty-two bytes for tests";

/** Believes the headers `x-user` and `x-role`. */
export const believing: Authorize = (request) => {
  const userId = request.headers[userHeader];
  if (typeof userId !== "string") return null;
  return { userId, role: request.headers[roleHeader] === "reader" ? "reader" : "writer" };
};

export interface Running {
  readonly collab: CollabServer;
  readonly url: string;
  close(): Promise<void>;
}

/** The real service, and any number of servers over one store; the first hears the service's events. */
export class Servers {
  readonly store: MemoryStore = new MemoryStore({ shared: true });
  readonly lines: string[] = [];
  readonly #running: Running[] = [];
  #service: Service | null = null;

  static async start(count: number, options: Partial<CollabServerOptions> = {}): Promise<Servers> {
    const servers = new Servers();
    // Ports first: the service must know where its events go, the servers where the service is.
    const https = await Promise.all(Array.from({ length: count }, () => listening(createServer())));
    const events = https[0];
    const eventHandlers = events
      ? [{ urlTemplate: `${urlOf(events)}/collab/events`, systemEvents: ["connected", "disconnected"] as const }]
      : [];
    servers.#service = await startService({ port: 0, accessKey, hubs: { collab: { eventHandlers } } });
    for (const http of https) servers.#running.push(servers.#serve(http, options));
    return servers;
  }

  get service(): Service {
    if (this.#service === null) throw new Error("The service is down.");
    return this.#service;
  }

  get connectionString(): string {
    return this.service.connectionString;
  }

  at(index: number): Running {
    const running = this.#running[index];
    if (running === undefined) throw new Error(`There is no server ${index}.`);
    return running;
  }

  async close(): Promise<void> {
    for (const running of this.#running) await running.close();
    await this.#service?.close();
  }

  #serve(http: Server, options: Partial<CollabServerOptions>): Running {
    const collab = createCollabServer({
      connectionString: this.connectionString,
      storage: this.store,
      authorize: believing,
      log: (line) => this.lines.push(JSON.stringify(line)),
      ...options,
    });
    http.on("request", express().use("/collab", collab.router));
    return {
      collab,
      url: `${urlOf(http)}/collab`,
      async close() {
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
        await collab.close();
      },
    };
  }
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
