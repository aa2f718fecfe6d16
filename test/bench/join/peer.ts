import WebSocket from "ws";
import { type PeerProvider, requirePeer } from "../provider/peers.ts";
import type { JoinKind } from "./joiners.ts";
import type { Scene, SceneDoc } from "./scenes.ts";

type PeerKind = Exclude<JoinKind, "ours">;

interface WatchedDoc extends SceneDoc {
  on(event: "update", listener: () => void): void;
}

interface PeerYjs {
  readonly Doc: new () => WatchedDoc;
  readonly applyUpdate: (doc: WatchedDoc, update: Uint8Array) => void;
}

interface Member {
  readonly doc: WatchedDoc;
  readonly synced: Promise<void>;
  readonly leave: () => void;
}

/** How long a peer gets to put on its disk what it passes on already: it does not say when it has. */
const keepMs = 5_000;
const patienceMs = 120_000;

/** Sends a whole document in one message. Resolves when others can have it and it should be on the disk. */
export async function seedPeer(kind: PeerKind, port: number, update: Uint8Array, { isWhole }: Scene): Promise<void> {
  const { doc, synced, leave } = join(kind, port);
  await synced;
  requirePeer<PeerYjs>("yjs").applyUpdate(doc, update);
  const leaveToo = await joinPeer(kind, port, isWhole);
  leaveToo();
  await new Promise((resolve) => setTimeout(resolve, keepMs));
  leave();
}

/** Resolves with what ends the membership. */
export async function joinPeer(kind: PeerKind, port: number, isWhole: Scene["isWhole"]): Promise<() => void> {
  const { doc, leave } = join(kind, port);
  await untilWhole(doc, isWhole, kind);
  return leave;
}

/** Until everything is there, whatever the provider says before or after. */
export function untilWhole(doc: WatchedDoc, isWhole: Scene["isWhole"], kind: JoinKind): Promise<void> {
  return new Promise((done, fail) => {
    const lost = setTimeout(() => fail(new Error(`${kind} did not give the document back.`)), patienceMs);
    doc.on("update", () => {
      if (!isWhole(doc)) return;
      clearTimeout(lost);
      done();
    });
  });
}

function join(kind: PeerKind, port: number): Member {
  const doc = new (requirePeer<PeerYjs>("yjs").Doc)();
  return kind === "y-websocket" ? joinYWebsocket(doc, port) : joinHocuspocus(doc, port);
}

function joinYWebsocket(doc: WatchedDoc, port: number): Member {
  const { WebsocketProvider } = requirePeer<{
    WebsocketProvider: new (url: string, room: string, doc: WatchedDoc, options: object) => PeerProvider;
  }>("y-websocket");
  const options = { WebSocketPolyfill: WebSocket, disableBc: true };
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}`, "paper", doc, options);
  const synced = new Promise<void>((resolve) => provider.on("sync", () => resolve()));
  return { doc, synced, leave: () => provider.destroy() };
}

function joinHocuspocus(doc: WatchedDoc, port: number): Member {
  const { HocuspocusProvider, HocuspocusProviderWebsocket } = requirePeer<{
    HocuspocusProvider: new (options: object) => PeerProvider;
    HocuspocusProviderWebsocket: new (options: object) => { destroy(): void };
  }>("@hocuspocus/provider");
  const url = `ws://127.0.0.1:${port}`;
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  const provider = new HocuspocusProvider({ websocketProvider, name: "paper", document: doc });
  Reflect.get(provider, "attach")?.call(provider);
  const synced = new Promise<void>((resolve) => provider.on("synced", () => resolve()));
  const leave = () => {
    provider.destroy();
    websocketProvider.destroy();
  };
  return { doc, synced, leave };
}
