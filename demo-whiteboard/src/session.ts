import { Awareness } from "y-protocols/awareness";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { type Cancel, createStore, type Store } from "./store.ts";

/** What the board knows about its connection and about what is safely stored. Facts only: the words are in `status.ts`. */
export interface SessionStatus {
  readonly connection: "connecting" | "connected" | "disconnected" | "refused";
  /** live: edits travel at once. polling: only over HTTP. offline: not at all. */
  readonly link: "live" | "polling" | "offline";
  /** unknown until the server answered for the first time; at-risk: it does not take the changes at the moment. */
  readonly saveState: "unknown" | "saved" | "saving" | "at-risk";
  readonly role: "writer" | "reader" | null;
  /** The board's content has been loaded at least once. */
  readonly everSynced: boolean;
  readonly synced: boolean;
  readonly unsyncedChanges: number;
}

/**
 * One tab's life in one room: the document, who is here, and the truth about saving. Everything else of the board
 * stands on this interface, so another provider (or a test with two documents) takes its place in one file.
 */
export interface Session {
  readonly room: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly status: Store<SessionStatus>;
  /** Sends bytes to everyone here now. They are not stored and may be lost. */
  broadcast(bytes: Uint8Array): void;
  onBroadcast(listener: (from: string, bytes: Uint8Array) => void): Cancel;
  /** Told when the document here is of no use any more (the server refused a part of it): join the room anew. */
  onReload(listener: () => void): Cancel;
  /** Leaves the room. Safe to call twice. */
  dispose(): void;
}

export interface SessionOptions {
  /** Where the collaboration server listens, e.g. `https://example.org/collab`. */
  readonly url: string;
  readonly room: string;
  /** Shown to others; the server may put another one into the certificate. */
  readonly name: string;
}

/** Joins a room. The connection starts at once and keeps itself alive until `dispose`. */
export function createSession({ url, room, name }: SessionOptions): Session {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  const provider = new WebPubSubProvider(url, room, doc, { awareness, params: { name } });
  const status = createStore<SessionStatus>(readStatus(provider, false));
  const refresh = (): void => status.set(readStatus(provider, status.get().everSynced));
  for (const event of STATUS_EVENTS) provider.on(event, refresh);
  let ended = false;
  return {
    room,
    doc,
    awareness,
    status,
    broadcast: (bytes) => provider.broadcast(bytes),
    onBroadcast(listener) {
      const heard = ({ from, bytes }: { readonly from: string; readonly bytes: Uint8Array }): void =>
        listener(from, bytes);
      provider.on("broadcast", heard);
      return () => provider.off("broadcast", heard);
    },
    onReload(listener) {
      const reload = (): void => listener();
      provider.on("reload", reload);
      return () => provider.off("reload", reload);
    },
    dispose() {
      if (ended) return;
      ended = true;
      for (const event of STATUS_EVENTS) provider.off(event, refresh);
      provider.destroy();
      awareness.destroy();
      doc.destroy();
    },
  };
}

const STATUS_EVENTS = ["status", "synced", "unsynced-changes", "role", "save-state", "link", "saved"] as const;

function readStatus(provider: WebPubSubProvider, everSynced: boolean): SessionStatus {
  return {
    connection: provider.status,
    link: provider.link,
    saveState: provider.saveState,
    role: provider.role,
    everSynced: everSynced || provider.synced,
    synced: provider.synced,
    unsyncedChanges: provider.unsyncedChanges,
  };
}
