import { once } from "node:events";
import WebSocket from "ws";
import { makeSessionId } from "y-webpubsub/core";
import { type FullMember, joinWhole } from "./full-member.ts";
import type { Peer, PeerDoc } from "./peers.ts";

/** A typist and everybody else in one room. */
export interface Crowd {
  /** One keystroke. Resolves with the time until each of the others had it, in ms. */
  key(): Promise<readonly number[]>;
  close(): void;
}

/** `raw`: the others are bare sockets, so that the driver's own work is not in the figure; `full`: whole providers. */
export type Level = "raw" | "full";
export type RoomKind = "ours" | Peer | "relay";

interface Room {
  readonly type: () => void;
  /** One for each other member; called when it has something new. */
  readonly others: { onNews: () => void }[];
  readonly close: () => void;
}

/** What a crowd is made of. */
export interface Gathering {
  readonly kind: RoomKind;
  readonly port: number;
  readonly size: number;
  readonly level: Level;
  /** Brings a whole member of another process into a room of ours: alone nobody publishes anything. */
  readonly company: (room: string) => Promise<void>;
}

export async function gather(gathering: Gathering): Promise<Crowd> {
  const room = await makeRoom(gathering);
  return {
    async key() {
      const started = performance.now();
      const arrivals = room.others.map(
        (other) =>
          new Promise<number>((resolve) => {
            other.onNews = () => resolve(performance.now() - started);
          }),
      );
      room.type();
      return Promise.all(arrivals);
    },
    close: room.close,
  };
}

async function makeRoom({ kind, port, size, level, company }: Gathering): Promise<Room> {
  if (kind === "relay") return relayRoom(port, size);
  const name = `room-${crypto.randomUUID()}`;
  const typist = await joinWhole(kind, port, name, "typist");
  const members: FullMember[] = [];
  const join = async () => members.push(await joinWhole(kind, port, name, `member ${members.length + 1}`));
  while (level === "full" && members.length < size - 1) await join();
  if (kind === "ours" && level === "raw") await company(name);
  const sockets: WebSocket[] = [];
  const rawSize = level === "raw" ? size - 1 : 0;
  while (sockets.length < rawSize) sockets.push(await openRaw(kind, port, name, sockets.length));
  const text = typist.doc.getText("text");
  return {
    type: () => text.insert(text.length, "k"),
    others: sockets.length > 0 ? sockets.map(fromSocket) : members.map(({ doc }) => fromDoc(doc)),
    close: () => {
      for (const { leave } of [typist, ...members]) leave();
      for (const socket of sockets) socket.terminate();
    },
  };
}

async function relayRoom(port: number, size: number): Promise<Room> {
  const sockets: WebSocket[] = [];
  while (sockets.length < size) sockets.push(await open(`ws://127.0.0.1:${port}`));
  const [typist, ...others] = sockets;
  const keystroke = new Uint8Array(27);
  return {
    type: () => typist?.send(keystroke),
    others: others.map(fromSocket),
    close: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}

function openRaw(kind: "ours" | Peer, port: number, room: string, number: number): Promise<WebSocket> {
  switch (kind) {
    case "ours":
      return openOurs(`http://127.0.0.1:${port}/collab`, room, number);
    case "y-websocket":
      return open(`ws://127.0.0.1:${port}/${room}`);
    case "hocuspocus":
      return openHocuspocus(port, room);
    default:
      throw new Error(`There is no server '${String(kind satisfies never)}'.`);
  }
}

function fromDoc(doc: PeerDoc): { onNews: () => void } {
  const other = { onNews: () => undefined };
  doc.on("update", () => other.onNews());
  return other;
}

function fromSocket(socket: WebSocket): { onNews: () => void } {
  const other = { onNews: () => undefined };
  socket.on("message", () => other.onNews());
  return other;
}

export async function open(url: string, subprotocol?: string): Promise<WebSocket> {
  const socket = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol]);
  await once(socket, "open");
  return socket;
}

/** A socket with the ticket of a member: in the room's groups, and silent. */
async function openOurs(url: string, document: string, number: number): Promise<WebSocket> {
  const answer = await fetch(`${url}/negotiate`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "x-user": `raw ${number}` },
    body: JSON.stringify({ protocol: 1, document, session: makeSessionId({ next: Math.random }), clientIds: [] }),
  });
  const { url: client } = (await answer.json()) as { readonly url: string };
  return open(client, "json.webpubsub.azure.v1");
}

/** Hocuspocus sends to who has said a token, whatever it is: name, message type 2 (auth), subtype 0 (token), the token. */
export async function openHocuspocus(port: number, name: string): Promise<WebSocket> {
  const socket = await open(`ws://127.0.0.1:${port}`);
  const text = (words: string) => [words.length, ...new TextEncoder().encode(words)];
  socket.send(Uint8Array.from([...text(name), 2, 0, ...text("token")]));
  await once(socket, "message");
  return socket;
}
