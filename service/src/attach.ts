import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { refuse } from "./http/refusal.ts";

interface Host {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The live page, `/metrics` and the like. False when the path is none of them. */
  show(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Not all of `/api`: the handlers of the Express package live below `/api/webpubsub`, maybe on this very server. */
const ownPaths = /^\/(?:api\/hubs|api\/health|clients?)(?=[/?]|$)/i;

/** Where the live page and the metrics are: `/` and `/metrics` are the application's. */
const viewPrefix = "/webpubsub-local";

/** Sends the paths of the service to `host` and all others to the listeners there were. Answers the way back. */
export function attach(server: Server, host: Host): () => void {
  const requests = setAside(server, "request");
  const upgrades = setAside(server, "upgrade");
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (isOwn(request)) host.request(request, response);
    else if (isView(request)) show(host, request, response);
    else if (!requests.pass(request, response)) response.writeHead(404).end();
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isOwn(request)) host.upgrade(request, socket, head);
    else if (!upgrades.pass(request, socket, head)) refuse(socket, { status: 404, reason: "There is nothing here." });
  };
  server.on("request", onRequest);
  server.on("upgrade", onUpgrade);
  return () => {
    server.off("request", onRequest);
    server.off("upgrade", onUpgrade);
    requests.restore();
    upgrades.restore();
  };
}

function isOwn({ url = "" }: IncomingMessage): boolean {
  return ownPaths.test(url);
}

function isView({ url = "" }: IncomingMessage): boolean {
  return url.startsWith(viewPrefix) && /^(?:[/?]|$)/.test(url.slice(viewPrefix.length));
}

function show(host: Host, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").slice(viewPrefix.length);
  // The page names its files relative to itself.
  if (!path.startsWith("/")) {
    response.writeHead(308, { Location: `${viewPrefix}/${path}` }).end();
    return;
  }
  request.url = path;
  if (!host.show(request, response)) response.writeHead(404).end();
}

/** `pass` is false when nobody else listens, neither before nor since. */
function setAside(
  server: Server,
  event: "request" | "upgrade",
): { pass(...parts: readonly unknown[]): boolean; restore(): void } {
  const before = server.rawListeners(event) as ((...parts: readonly unknown[]) => void)[];
  server.removeAllListeners(event);
  return {
    pass: (...parts) => {
      for (const listener of before) listener.apply(server, parts as unknown[]);
      // Ours is one of them; whoever has come since is called by the server itself.
      return before.length > 0 || server.listenerCount(event) > 1;
    },
    restore: () => {
      for (const listener of before) server.on(event, listener as () => void);
    },
  };
}
