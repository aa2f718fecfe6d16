import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { listen } from "./relay.ts";

/** A plain `ws` server as its manual shows it: what a connection costs before it does anything. */
export function startPlain(): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (ws) => {
    ws.on("error", console.error);
    ws.on("message", (data) => ws.send(data));
  });
  return listen(server);
}
