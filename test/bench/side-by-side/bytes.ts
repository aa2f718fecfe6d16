import { startProcess } from "../processes.ts";
import { type FullMember, joinWhole } from "../provider/full-member.ts";
import { ensurePeers, type Peer } from "../provider/peers.ts";
import type { ServerCalls } from "../provider/server.ts";
import type { Row } from "../report.ts";
import { compared, labelOf } from "./places.ts";

const members = 10;
const keyEveryMs = 200;
const settleMs = 4_000;

interface Bytes {
  readonly sent: number;
  readonly received: number;
}

/** One of ten types and the caret moves along: what the server sends and gets for each key, on all of its connections, HTTP included. */
export async function measureBytes(quick: boolean): Promise<readonly Row[]> {
  const peers: readonly Peer[] = ensurePeers({ mayInstall: !quick }) ? ["y-websocket", "hocuspocus"] : [];
  const sent = new Map<string, number[]>();
  const received = new Map<string, number[]>();
  for (let repeat = 0; repeat < (quick ? 1 : 3); repeat++) {
    for (const kind of ["ours", ...peers] as const) {
      const bytes = await bytesEach(kind, quick ? 5 : 150, quick);
      const name = labelOf(kind);
      sent.set(name, [...(sent.get(name) ?? []), bytes.sent]);
      received.set(name, [...(received.get(name) ?? []), bytes.received]);
    }
  }
  const of = `a key in a room of ${members}`;
  return [
    ...compared(`${of}: the server sends`, "bytes", sent, []),
    ...compared(`${of}: the server gets`, "bytes", received, []),
  ];
}

async function bytesEach(kind: "ours" | Peer, keys: number, quick: boolean): Promise<Bytes> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const room: FullMember[] = [];
  try {
    const port = await server.call("start", { kind });
    while (room.length < members) room.push(await joinWhole(kind, port, "bytes", `person ${room.length}`));
    for (const [number, member] of room.entries()) member.show("user", { name: `Person ${number}`, color: "#1c7ed6" });
    await pause(quick ? 1_000 : settleMs);
    const before = await server.call("usage");
    const [typist] = room;
    const text = typist?.doc.getText("text");
    for (let key = 0; key < keys; key++) {
      text?.insert(text.length, "k");
      const position = { type: null, tname: "text", item: { client: typist?.doc.clientID, clock: key }, assoc: 0 };
      typist?.show("cursor", { anchor: position, head: position });
      await pause(keyEveryMs);
    }
    await pause(quick ? 1_000 : settleMs);
    const after = await server.call("usage");
    return {
      sent: (after.bytesSent - before.bytesSent) / keys,
      received: (after.bytesReceived - before.bytesReceived) / keys,
    };
  } finally {
    for (const { leave } of room) leave();
    await server.end();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
