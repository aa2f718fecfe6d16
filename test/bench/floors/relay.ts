import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A server whose connections name their group in the path. `accept` gets the socket that `ws` writes to as well. */
export function openRelay(accept: (ws: WebSocket, socket: Duplex, group: string) => void): Server {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => accept(ws, socket, request.url ?? "/"));
  });
  return server;
}

/** Listens on any free port of this machine and answers it. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
