import { Awareness } from "y-protocols/awareness";
import { type ReloadReason, WebPubSubProvider } from "y-webpubsub";
import { indexedDbPersistence } from "y-webpubsub/indexeddb";
import * as Y from "yjs";
import { type Cancel, createStore, type Store } from "./store.ts";
import { VersionsApi } from "./versions.ts";

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
  /** What is not saved yet outlives this tab: the browser keeps a copy. */
  readonly kept: boolean;
}

/**
 * One tab's life in one room: the document, who is here, and the truth about saving. Everything else of the board
 * stands on this interface, so another provider (or a test with two documents) takes its place in one file.
 */
export interface Session {
  /** The board's id. */
  readonly board: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly status: Store<SessionStatus>;
  /** Sends bytes to everyone here now. They are not stored and may be lost. */
  broadcast(bytes: Uint8Array): void;
  onBroadcast(listener: (from: string, bytes: Uint8Array) => void): Cancel;
  /** Told when the document here is of no use any more, and why: join the room anew. */
  onReload(listener: (reason: ReloadReason) => void): Cancel;
  /** What the server remembers of the board. */
  readonly versions: VersionsApi;
  /** As the server knows this person; null before it has answered once. */
  userId(): string | null;
  /** What went over the wire since the session began. */
  wire(): WireFacts;
  /** Stays away from the network until `connect`. What is drawn meanwhile is kept. */
  disconnect(): void;
  connect(): void;
  /** Leaves the room. Safe to call twice. */
  dispose(): void;
}

/** Messages over the service and their bytes, without the service's own envelope. */
export interface WireFacts {
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  /** What the service bills for its deliveries: to this client, and of this client's messages to all others. */
  readonly unitsIn: number;
  readonly unitsOut: number;
  /** Where the last confirmed upload lies in the log; null before the first one. */
  readonly savedCursor: string | null;
}

export interface SessionOptions {
  /** Where the collaboration server listens, e.g. `https://example.org/collab`. */
  readonly url: string;
  readonly board: string;
  /** Proves to the server that this person may draw. Without one the board is read-only. */
  readonly key?: string | null;
  /** Keep a copy in this browser, so that a board opens and edits survive without a network. Default true. */
  readonly kept?: boolean;
  /** Tabs of this browser tell each other directly, without the network. Default true. */
  readonly crossTab?: boolean;
  /** Shown to others; the server may put another one into the certificate. */
  readonly name: string;
  /**
   * Asked when the server knows this browser no more (its cookies were cleared), to sign in anew; then the room is joined
   * again with everything that was drawn. Once for each time that the room was reached.
   */
  readonly welcome?: () => Promise<unknown>;
}

/** Joins a board. The connection starts at once and keeps itself alive until `dispose`. */
export function createSession(options: SessionOptions): Session {
  const { url, board, key = null, kept = true, crossTab = true, name, welcome } = options;
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  const headers = key === null ? {} : { [KEY_HEADER]: key };
  const provider = new WebPubSubProvider(url, board, doc, {
    awareness,
    params: { name },
    headers,
    crossTab,
    ...(kept ? { persistence: indexedDbPersistence({ scope: key === null ? "reader" : "writer" }) } : {}),
  });
  let savedCursor: string | null = null;
  const keepCursor = ({ cursor }: { readonly cursor: string }): void => {
    savedCursor = cursor;
  };
  provider.on("saved", keepCursor);
  let keeps = kept;
  const refresh = (): void => status.set(readStatus(provider, status.get().everSynced, keeps));
  const loseCopy = (): void => {
    keeps = false;
    refresh();
  };
  provider.on("persistence-error", loseCopy);
  const status = createStore<SessionStatus>(readStatus(provider, false, keeps));
  for (const event of STATUS_EVENTS) provider.on(event, refresh);
  let ended = false;
  let mayAsk = true;
  const signIn = async ({ detail }: { readonly detail: string }): Promise<void> => {
    if (detail !== "forbidden" || welcome === undefined || !mayAsk) return;
    mayAsk = false;
    await welcome().catch(() => undefined);
    if (!ended) provider.connect();
  };
  provider.on("connection-error", signIn);
  const reached = (): void => {
    if (provider.status === "connected") mayAsk = true;
  };
  provider.on("status", reached);
  return {
    board,
    doc,
    awareness,
    status,
    versions: new VersionsApi({ url, board, headers }),
    userId: () => provider.userId,
    broadcast: (bytes) => provider.broadcast(bytes),
    onBroadcast(listener) {
      const heard = ({ from, bytes }: { readonly from: string; readonly bytes: Uint8Array }): void =>
        listener(from, bytes);
      provider.on("broadcast", heard);
      return () => provider.off("broadcast", heard);
    },
    onReload(listener) {
      const reload = (_doc: Y.Doc, reason: ReloadReason): void => listener(reason);
      provider.on("reload", reload);
      return () => provider.off("reload", reload);
    },
    wire() {
      const { framesIn, bytesIn, framesOut, bytesOut, unitsIn, unitsOut } = provider.traffic;
      return {
        messagesIn: framesIn,
        bytesIn,
        messagesOut: framesOut,
        bytesOut,
        unitsIn: unitsIn.perMessage,
        unitsOut: unitsOut.perMessage,
        savedCursor,
      };
    },
    disconnect: () => provider.disconnect(),
    connect: () => provider.connect(),
    dispose() {
      if (ended) return;
      ended = true;
      for (const event of STATUS_EVENTS) provider.off(event, refresh);
      provider.off("persistence-error", loseCopy);
      provider.off("saved", keepCursor);
      provider.off("connection-error", signIn);
      provider.off("status", reached);
      provider.destroy();
      awareness.destroy();
      doc.destroy();
    },
  };
}

/** The name that the server's `boards.ts` reads. */
const KEY_HEADER = "x-board-key";
const STATUS_EVENTS = ["status", "synced", "unsynced-changes", "role", "save-state", "link", "saved"] as const;

function readStatus(provider: WebPubSubProvider, everSynced: boolean, kept: boolean): SessionStatus {
  return {
    connection: provider.status,
    link: provider.link,
    saveState: provider.saveState,
    role: provider.role,
    everSynced: everSynced || provider.synced,
    synced: provider.synced,
    unsyncedChanges: provider.unsyncedChanges,
    kept,
  };
}
