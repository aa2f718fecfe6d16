import type { Duplex } from "node:stream";
import { listen, openRelay } from "./relay.ts";
import { textFrame } from "./text-frame.ts";

/** `ws` with a shared frame: each message is framed once and written to each member at once. */
export function startSharedFrame(): Promise<number> {
  const groups = new Map<string, Set<Duplex>>();
  const server = openRelay((ws, socket, name) => {
    const members = groups.get(name) ?? new Set();
    groups.set(name, members);
    members.add(socket);
    ws.on("message", (data: Buffer) => {
      const frame = textFrame(data);
      for (const member of members) member.write(frame);
    });
    ws.on("close", () => members.delete(socket));
  });
  return listen(server);
}
