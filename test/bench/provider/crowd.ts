import { once } from "node:events";
import WebSocket from "ws";
import { WebPubSubProvider } from "y-webpubsub";
import { makeSessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { type PeerDoc, type PeerProvider, requirePeer } from "./peers.ts";
import type { ServerKind } from "./server.ts";

/** A typist and everybody else in one room. */
export interface Crowd {
  /** One keystroke. Resolves with the time until each of the others had it, in ms. */
  key(): Promise<readonly number[]>;
  close(): void;
}

/** `raw`: the others are bare sockets, so that the driver's own work is not in the figure; `full`: whole providers. */
export type Level = "raw" | "full";

interface Room {
  readonly type: () => void;
  /** One for each other member; called when it has something new. */
  readonly others: { onNews: () => void }[];
  readonly close: () => void;
}

export async function gather(kind: ServerKind, port: number, size: number, level: Level): Promise<Crowd> {
  const room = await rooms[kind](port, size, level, `room-${crypto.randomUUID()}`);
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

type MakeRoom = (port: number, size: number, level: Level, name: string) => Promise<Room>;

const rooms: Readonly<Record<ServerKind, MakeRoom>> = {
  async ours(port, size, level, name) {
    const url = `http://127.0.0.1:${port}/collab`;
    const join = async (user: string) => {
      const provider = new WebPubSubProvider(url, name, new Y.Doc(), { headers: { "x-user": user } });
      await provider.whenSynced;
      return provider;
    };
    const typist = await join("typist");
    // One whole member in any case: alone nothing is published.
    const members = [await join("member 1")];
    while (level === "full" && members.length < size - 1) members.push(await join(`member ${members.length + 1}`));
    const sockets = level === "raw" ? await rawMembers(url, name, size - 2) : [];
    const fromDocs = members.map(({ doc }) => fromDoc(doc));
    return {
      type: () => typist.doc.getText("text").insert(typist.doc.getText("text").length, "k"),
      others: level === "raw" && size > 2 ? sockets.map(fromSocket) : fromDocs,
      close: () => {
        for (const provider of [typist, ...members]) provider.destroy();
        for (const socket of sockets) socket.terminate();
      },
    };
  },

  async "y-websocket"(port, size, level, name) {
    const { WebsocketProvider } = requirePeer<{
      WebsocketProvider: new (url: string, room: string, doc: PeerDoc, options: object) => PeerProvider;
    }>("y-websocket");
    const join = async () => {
      const doc = newPeerDoc();
      const options = { WebSocketPolyfill: WebSocket, disableBc: true };
      const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, name, doc, options);
      await new Promise<void>((resolve) => provider.on("sync", () => resolve()));
      return { doc, provider };
    };
    return peerRoom(join, () => open(`ws://127.0.0.1:${port}/${name}`), size, level);
  },

  async hocuspocus(port, size, level, name) {
    const { HocuspocusProvider, HocuspocusProviderWebsocket } = requirePeer<{
      HocuspocusProvider: new (options: object) => PeerProvider;
      HocuspocusProviderWebsocket: new (options: object) => { destroy(): void };
    }>("@hocuspocus/provider");
    const join = async () => {
      const doc = newPeerDoc();
      const websocketProvider = new HocuspocusProviderWebsocket({
        url: `ws://127.0.0.1:${port}`,
        WebSocketPolyfill: WebSocket,
      });
      const provider = new HocuspocusProvider({ websocketProvider, name, document: doc });
      Reflect.get(provider, "attach")?.call(provider);
      await new Promise<void>((resolve) => provider.on("synced", () => resolve()));
      const destroy = () => {
        provider.destroy();
        websocketProvider.destroy();
      };
      return { doc, provider: { on: provider.on.bind(provider), destroy } };
    };
    return peerRoom(join, () => openHocuspocus(port, name), size, level);
  },

  async relay(port, size) {
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
  },
};

async function peerRoom(
  join: () => Promise<{ readonly doc: PeerDoc; readonly provider: PeerProvider }>,
  openRaw: () => Promise<WebSocket>,
  size: number,
  level: Level,
): Promise<Room> {
  const typist = await join();
  const members: (typeof typist)[] = [];
  while (level === "full" && members.length < size - 1) members.push(await join());
  const sockets: WebSocket[] = [];
  while (level === "raw" && sockets.length < size - 1) sockets.push(await openRaw());
  const text = typist.doc.getText("text");
  return {
    type: () => text.insert(text.length, "k"),
    others: level === "raw" ? sockets.map(fromSocket) : members.map(({ doc }) => fromDoc(doc)),
    close: () => {
      for (const { provider } of [typist, ...members]) provider.destroy();
      for (const socket of sockets) socket.terminate();
    },
  };
}

function newPeerDoc(): PeerDoc {
  const { Doc } = requirePeer<{ Doc: new () => PeerDoc }>("yjs");
  return new Doc();
}

function fromDoc(doc: { on(event: "update", listener: () => void): void }): { onNews: () => void } {
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

/** Sockets with the tickets of members: in the room's groups, and silent. */
async function rawMembers(url: string, document: string, count: number): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < count) {
    const answer = await fetch(`${url}/negotiate`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "x-user": `raw ${sockets.length}` },
      body: JSON.stringify({ protocol: 1, document, session: makeSessionId({ next: Math.random }), clientIds: [] }),
    });
    const { url: client } = (await answer.json()) as { readonly url: string };
    sockets.push(await open(client, "json.webpubsub.azure.v1"));
  }
  return sockets;
}

/** Hocuspocus sends to who has said a token, whatever it is: name, message type 2 (auth), subtype 0 (token), the token. */
export async function openHocuspocus(port: number, name: string): Promise<WebSocket> {
  const socket = await open(`ws://127.0.0.1:${port}`);
  const text = (words: string) => [words.length, ...new TextEncoder().encode(words)];
  socket.send(Uint8Array.from([...text(name), 2, 0, ...text("token")]));
  await once(socket, "message");
  return socket;
}
