import { ObservableV2 } from "lib0/observable";
import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { unreachable } from "./core/assert.ts";
import { DropCounts } from "./core/drops.ts";
import type { DocumentId, Role, Server, SessionId } from "./core/ports.ts";
import { Replica } from "./core/replica.ts";
import type {
  BroadcastResult,
  LinkState,
  ReplicaEvent,
  ReplicaPorts,
  Report,
  SaveState,
  Status,
  Traffic,
} from "./core/replica-contract.ts";
import { makeSessionId } from "./core/session-id.ts";
import { ProviderError } from "./errors.ts";
import type { ProviderEvents } from "./events.ts";
import { resolveDocumentId, resolveOptions, resolveServerUrl, type WebPubSubProviderOptions } from "./options.ts";
import { systemClock } from "./ports/clock.ts";
import { webCrypto } from "./ports/crypto.ts";
import { watchPage } from "./ports/page.ts";
import { systemRandom } from "./ports/random.ts";
import { serverApi } from "./ports/server-api.ts";
import { webPubSubTransport } from "./ports/transport.ts";
import { Waiters } from "./waiters.ts";

type Events = ProviderEvents<WebPubSubProvider>;

/**
 * Keeps a Y.Doc in step with everybody else's through Web PubSub, saves it at the server, and says honestly how far that
 * got. Same shape as y-websocket's provider. Remote edits are applied with this provider as transaction origin.
 *
 * Throws a `ProviderError` when an argument cannot work. Everything later is told by events; methods never throw.
 */
export class WebPubSubProvider extends ObservableV2<Events> {
  /** A real y-protocols Awareness. Made by the provider unless one was given. */
  readonly awareness: Awareness;
  /** Resolves at the first sync; rejects with code `destroyed` when that comes first. */
  readonly whenSynced: Promise<void>;
  readonly #document: DocumentId;
  readonly #ports: ReplicaPorts;
  readonly #drops = new DropCounts();
  readonly #ownsAwareness: boolean;
  readonly #stopWatchingPage: () => void;
  readonly #syncWaiters = new Waiters();
  readonly #saveWaiters = new Waiters();
  #life: "running" | "destroyed" = "running";
  #doc: Y.Doc;
  #session: SessionId;
  #replica: Replica;
  #userId: string | null = null;
  #wanted: boolean;
  #statusBefore: Status = "disconnected";

  constructor(serverUrl: string, documentId: string, doc: Y.Doc, options: WebPubSubProviderOptions = {}) {
    super();
    const resolved = resolveOptions(options);
    const base = resolveServerUrl(serverUrl);
    this.#document = resolveDocumentId(documentId);
    this.#doc = doc;
    this.#wanted = resolved.connect;
    this.#ownsAwareness = resolved.awareness === null;
    this.awareness = resolved.awareness ?? new Awareness(doc);
    const clock = systemClock();
    this.#ports = {
      transport: webPubSubTransport({ protocol: resolved.protocol, clock, drops: this.#drops }),
      server: this.#introduced(serverApi(base, clock, resolved)),
      clock,
      random: systemRandom(),
      crypto: webCrypto(),
      drops: this.#drops,
    };
    this.whenSynced = this.#syncWaiters.wait();
    this.#session = makeSessionId(this.#ports.random);
    this.#replica = this.#makeReplica();
    doc.on("update", this.#onUpdate);
    this.#stopWatchingPage = watchPage({
      flush: ({ leaving }) => this.#replica.flush({ keepalive: leaving }),
      wake: (reason) => this.#replica.wake(reason),
    });
    if (this.#wanted) this.#replica.connect();
  }

  /** The document; another one after `reload`. */
  get doc(): Y.Doc {
    return this.#doc;
  }
  get documentId(): string {
    return this.#document;
  }
  get synced(): boolean {
    return this.#replica.synced;
  }
  /** `refused`: the server said no; final until `connect()`. */
  get status(): Status {
    return this.#replica.status;
  }
  get shouldConnect(): boolean {
    return this.#wanted;
  }
  /** Local transactions that no receipt of the server covers yet. */
  get unsyncedChanges(): number {
    return this.#replica.unsyncedChanges;
  }
  /** Null before the server has answered once. */
  get role(): Role | null {
    return this.#replica.role;
  }
  get saveState(): SaveState {
    return this.#replica.saveState;
  }
  get link(): LinkState {
    return this.#replica.link;
  }
  /** As the server knows us; null before it has answered once. */
  get userId(): string | null {
    return this.#userId;
  }
  /** This provider's life on this document, 16 characters; another one after `reload`. */
  get session(): string {
    return this.#session;
  }
  /** Frames and bytes over the service since construction or `reload`. */
  get traffic(): Traffic {
    return this.#replica.traffic;
  }
  /** What was deliberately dropped, by reason: for health checks. */
  get drops(): ReadonlyMap<string, number> {
    return this.#drops.all();
  }

  /** Connects, or tries again at once when waiting or refused. */
  connect(): void {
    if (this.#life === "destroyed") return;
    this.#wanted = true;
    this.#replica.connect();
  }

  /** Leaves until `connect()`. Local edits are kept and saved then. */
  disconnect(): void {
    this.#wanted = false;
    this.#replica.disconnect();
  }

  /** Leaves for good: a last save is sent, and no timer, listener or socket is left. Neither `doc` nor a given awareness is destroyed. */
  override destroy(): void {
    if (this.#life === "destroyed") return;
    this.#life = "destroyed";
    this.#wanted = false;
    this.#stopWatchingPage();
    this.#doc.off("update", this.#onUpdate);
    this.#replica.destroy();
    const gone = new ProviderError("destroyed", "The provider was destroyed meanwhile. Make a new one to go on.");
    this.#syncWaiters.reject(gone);
    this.#saveWaiters.reject(gone);
    if (this.#ownsAwareness) this.awareness.destroy();
    super.destroy();
  }

  /**
   * Resolves when the server holds every local edit made so far and to come until then; at once when it does already.
   * Rejects with code `reloaded` when unsaved edits stayed behind in a document that was replaced.
   */
  whenSaved(): Promise<void> {
    if (this.saveState === "saved") return Promise.resolve();
    if (this.#life === "destroyed") {
      return Promise.reject(new ProviderError("destroyed", "The provider was destroyed. Make a new one to go on."));
    }
    return this.#saveWaiters.wait();
  }

  /** Tells everybody in the room now, once, unsaved: strokes under the pen, lasers, reactions. At most 16 KiB. */
  broadcast(bytes: Uint8Array): BroadcastResult {
    return this.#replica.broadcast(bytes);
  }

  #makeReplica(told?: Report): Replica {
    return new Replica({
      ...(told === undefined ? {} : { told }),
      doc: this.#doc,
      awareness: this.awareness,
      document: this.#document,
      session: this.#session,
      ports: this.#ports,
      emit: (event) => this.#onReplica(event),
      origin: this,
    });
  }

  /** The ticket is the only place where the server says who we are. */
  #introduced(server: Server): Server {
    return {
      ...server,
      negotiate: async (document, card, signal) => {
        const ticket = await server.negotiate(document, card, signal);
        this.#userId = ticket.userId;
        return ticket;
      },
    };
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) this.#tell("update", [update]);
  };

  #onReplica(event: ReplicaEvent): void {
    switch (event.type) {
      case "status":
        this.#onStatus(event.status, event.reason);
        break;
      case "link":
        this.#tell("link", [event.link]);
        break;
      case "synced":
        if (event.synced) this.#syncWaiters.resolve();
        this.#tell("synced", [event.synced]);
        this.#tell("sync", [event.synced]);
        break;
      case "saved":
        this.#tell("saved", [{ cursor: event.cursor }]);
        break;
      case "unsynced-changes":
        this.#tell("unsynced-changes", [event.count]);
        break;
      case "save-state":
        if (event.state === "saved") this.#saveWaiters.resolve();
        this.#tell("save-state", [event.state]);
        break;
      case "role":
        this.#tell("role", [event.role]);
        break;
      case "broadcast":
        this.#tell("broadcast", [{ from: event.from.session, userId: event.from.userId, bytes: event.bytes }]);
        break;
      case "reload":
        this.#onReload(event.doc);
        break;
      case "connection-error":
        this.#tell("connection-error", [new ProviderError("connection", event.message, event.code), this]);
        break;
      default:
        throw unreachable(event);
    }
  }

  /** A listener's error is the listener's: it surfaces as an uncaught one, and does not break the turn that told it. */
  #tell<Name extends keyof Events & string>(name: Name, values: Parameters<Events[Name]>): void {
    try {
      this.emit(name, values);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #onStatus(status: Status, reason: string | null): void {
    const before = this.#statusBefore;
    this.#statusBefore = status;
    this.#tell("status", [{ status }]);
    if (before === "connected") this.#tell("connection-close", [reason === null ? null : { reason }, this]);
  }

  /** The old document is of no use any more: goes on with the new one in a new session, then tells (Lexical swaps its editor). */
  #onReload(doc: Y.Doc): void {
    const { told, unsyncedChanges } = this.#replica;
    this.#doc.off("update", this.#onUpdate);
    this.#replica.destroy();
    if (unsyncedChanges > 0) this.#saveWaiters.reject(reloaded());
    this.#doc = doc;
    doc.on("update", this.#onUpdate);
    this.#moveAwareness(doc);
    this.#session = makeSessionId(this.#ports.random);
    this.#replica = this.#makeReplica(told);
    this.#tell("reload", [doc]);
    if (this.#wanted) this.#replica.connect();
  }

  /** Carets compare `awareness.clientID` with the document's: presence follows to the new client id. */
  #moveAwareness(doc: Y.Doc): void {
    const state = this.awareness.getLocalState();
    this.awareness.setLocalState(null);
    this.awareness.doc = doc;
    this.awareness.clientID = doc.clientID;
    this.awareness.setLocalState(state);
  }
}

function reloaded(): ProviderError {
  return new ProviderError(
    "reloaded",
    "The document was replaced before its last edits were saved. They are in the document that `provider.doc` was before; export them from there.",
  );
}
