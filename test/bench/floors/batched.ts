import type { Duplex } from "node:stream";
import { listen, openRelay } from "./relay.ts";
import { textFrame } from "./text-frame.ts";

interface Group {
  readonly sockets: Set<Duplex>;
  waiting: Buffer[];
}

/**
 * The best a plain relay can do on Node: all messages of a group in one turn become one buffer, which is written once to
 * each member. It checks nothing, keeps nothing and knows one group a connection.
 */
export function startBatched(): Promise<number> {
  const groups = new Map<string, Group>();
  const server = openRelay((ws, socket, name) => {
    const group = groups.get(name) ?? { sockets: new Set(), waiting: [] };
    groups.set(name, group);
    group.sockets.add(socket);
    ws.on("message", (data: Buffer) => {
      if (group.waiting.push(textFrame(data)) === 1) setImmediate(() => flush(group));
    });
    ws.on("close", () => group.sockets.delete(socket));
  });
  return listen(server);
}

function flush(group: Group): void {
  const bytes = group.waiting.length === 1 ? group.waiting[0] : Buffer.concat(group.waiting);
  group.waiting = [];
  for (const socket of group.sockets) socket.write(bytes);
}
