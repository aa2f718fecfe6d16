import WebSocket from "ws";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { type Peer, type PeerDoc, type PeerProvider, requirePeer } from "./peers.ts";

/** Somebody with a whole provider, synced when it is handed out. */
export interface FullMember {
  readonly doc: PeerDoc;
  show(field: string, value: unknown): void;
  leave(): void;
}

interface PeerAwareness {
  setLocalStateField(field: string, value: unknown): void;
}

export function joinWhole(kind: "ours" | Peer, port: number, room: string, user: string): Promise<FullMember> {
  switch (kind) {
    case "ours":
      return joinOurs(port, room, user);
    case "y-websocket":
      return joinYWebsocket(port, room);
    case "hocuspocus":
      return joinHocuspocus(port, room);
    default:
      throw new Error(`There is no provider '${String(kind satisfies never)}'.`);
  }
}

async function joinOurs(port: number, room: string, user: string): Promise<FullMember> {
  const url = `http://127.0.0.1:${port}/collab`;
  const provider = new WebPubSubProvider(url, room, new Y.Doc(), { headers: { "x-user": user } });
  await provider.whenSynced;
  return memberOf(provider.doc, provider.awareness, () => provider.destroy());
}

async function joinYWebsocket(port: number, room: string): Promise<FullMember> {
  type Provider = PeerProvider & { readonly awareness: PeerAwareness };
  const { WebsocketProvider } = requirePeer<{
    WebsocketProvider: new (url: string, room: string, doc: PeerDoc, options: object) => Provider;
  }>("y-websocket");
  const doc = newPeerDoc();
  const options = { WebSocketPolyfill: WebSocket, disableBc: true };
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, room, doc, options);
  await new Promise<void>((resolve) => provider.on("sync", () => resolve()));
  return memberOf(doc, provider.awareness, () => provider.destroy());
}

async function joinHocuspocus(port: number, room: string): Promise<FullMember> {
  type Provider = PeerProvider & { readonly awareness: PeerAwareness; attach(): void };
  const { HocuspocusProvider, HocuspocusProviderWebsocket } = requirePeer<{
    HocuspocusProvider: new (options: object) => Provider;
    HocuspocusProviderWebsocket: new (options: object) => { destroy(): void };
  }>("@hocuspocus/provider");
  const document = newPeerDoc();
  const url = `ws://127.0.0.1:${port}`;
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  const provider = new HocuspocusProvider({ websocketProvider, name: room, document });
  provider.attach();
  await new Promise<void>((resolve) => provider.on("synced", () => resolve()));
  return memberOf(document, provider.awareness, () => {
    provider.destroy();
    websocketProvider.destroy();
  });
}

function memberOf(doc: PeerDoc, awareness: PeerAwareness, leave: () => void): FullMember {
  return { doc, leave, show: (field, value) => awareness.setLocalStateField(field, value) };
}

function newPeerDoc(): PeerDoc {
  const { Doc } = requirePeer<{ Doc: new () => PeerDoc }>("yjs");
  return new Doc();
}
