import { ObservableV2 } from "lib0/observable";
import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { CopyKeeper } from "./copy-keeper.ts";
import { DropCounts } from "./core/drops.ts";
import type { DocumentId, IdentityMode, Role, SessionId } from "./core/ports.ts";
import { Replica } from "./core/replica.ts";
import type {
  BroadcastResult,
  LinkState,
  PaceOptions,
  ReplicaEvent,
  ReplicaPorts,
  Report,
  SaveState,
  Status,
  Traffic,
} from "./core/replica-contract.ts";
import { makeSessionId } from "./core/session-id.ts";
import { ProviderError, reloaded } from "./errors.ts";
import type { ProviderEvents } from "./events.ts";
import { resolveDocumentId, resolveOptions, resolveServerUrl, type WebPubSubProviderOptions } from "./options.ts";
import type { CopyPlace } from "./persistence.ts";
import { watchPage } from "./ports/page.ts";
import { realPorts } from "./real-ports.ts";
import { type Line, WebPubSubConnection } from "./shared-connection/connection.ts";
import { tellOf } from "./told.ts";
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
  /** Resolves when the copy on this device is in the document; at once without `persistence`, or when it is of no use. */
  readonly whenLoaded: Promise<void>;
  readonly #base: URL;
  readonly #document: DocumentId;
  readonly #line: Line | null;
  readonly #copies: CopyKeeper;
  readonly #ports: ReplicaPorts;
  readonly #drops = new DropCounts();
  readonly #ownsAwareness: boolean;
  readonly #stopWatchingPage: () => void;
  readonly #syncWaiters = new Waiters();
  readonly #saveWaiters = new Waiters();
  readonly #loadWaiters = new Waiters();
  #life: "running" | "destroyed" = "running";
  #doc: Y.Doc;
  #session: SessionId;
  #replica: Replica;
  readonly #pace: PaceOptions;
  readonly #identity: IdentityMode;
  #userId: string | null = null;
  #wanted: boolean;
  #statusBefore: Status = "disconnected";

  /** `server`: where the collab router is mounted, or a connection that several documents share. */
  constructor(
    server: string | WebPubSubConnection,
    documentId: string,
    doc: Y.Doc,
    options: WebPubSubProviderOptions = {},
  ) {
    super();
    const resolved = resolveOptions(options);
    this.#base = server instanceof WebPubSubConnection ? server.serverUrl : resolveServerUrl(server);
    this.#document = resolveDocumentId(documentId);
    this.#line = server instanceof WebPubSubConnection ? server.line(this.#document, resolved.identity) : null;
    this.#doc = doc;
    this.#wanted = resolved.connect;
    this.#pace = resolved.pace;
    this.#identity = resolved.identity;
    this.#ownsAwareness = resolved.awareness === null;
    this.awareness = resolved.awareness ?? new Awareness(doc);
    this.#copies = new CopyKeeper(resolved.persistence, this.place, {
      loaded: () => {
        this.#replica.loaded();
        this.#ready();
      },
      problem: (error) => this.#tell("persistence-error", [error, this]),
    });
    this.#ports = realPorts(
      { place: this.place, options: resolved, drops: this.#drops, line: this.#line },
      {
        introduced: (ticket) => {
          this.#copies.introduced(ticket);
          this.#userId = ticket.userId;
        },
      },
    );
    this.whenSynced = this.#syncWaiters.wait();
    this.whenLoaded = this.#loadWaiters.wait();
    this.#session = makeSessionId(this.#ports.random);
    this.#replica = this.#makeReplica();
    doc.on("update", this.#onUpdate);
    this.#stopWatchingPage = watchPage({
      flush: ({ leaving }) => this.#replica.flush({ keepalive: leaving }),
      wake: (reason) => this.#replica.wake(reason),
    });
    this.#copies.open(doc);
    if (!this.#copies.isLoading) this.#ready();
  }

  /** The document; another one after `reload`. */
  get doc(): Y.Doc {
    return this.#doc;
  }
  get documentId(): string {
    return this.#document;
  }
  /** What a `Persistence` names copies by. */
  get place(): CopyPlace {
    return { server: this.#base.href, document: this.#document };
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
  /** Frames, bytes and billed units over the service since construction or `reload`, in all and by kind of frame. */
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
    if (!this.#copies.isLoading) this.#replica.connect();
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
    this.#copies.close();
    this.#line?.free();
    const gone = new ProviderError("destroyed", "The provider was destroyed meanwhile. Make a new one to go on.");
    this.#syncWaiters.reject(gone);
    this.#saveWaiters.reject(gone);
    this.#loadWaiters.reject(gone);
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
      pace: this.#pace,
      identity: this.#identity,
      copy: this.#copies,
    });
  }

  /** What the device holds is in the document: from now on the server may be asked what it lacks. */
  #ready(): void {
    this.#loadWaiters.resolve();
    if (this.#wanted) this.#replica.connect();
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) this.#tell("update", [update]);
  };

  #onReplica(event: ReplicaEvent): void {
    if (event.type === "reload") {
      // First the copy: who answers a reload with a new page, or a new provider, must not read the old one again.
      const aside = this.#copies.setAside();
      if (aside === null) this.#onReload(event);
      else void aside.then(() => (this.#life === "destroyed" ? undefined : this.#onReload(event)));
      return;
    }
    if (event.type === "synced" && event.synced) this.#syncWaiters.resolve();
    if (event.type === "save-state" && event.state === "saved") this.#saveWaiters.resolve();
    if (event.type === "session") this.#session = event.session;
    tellOf(event, this, (name, values) => this.#tell(name, values));
    if (event.type === "status") this.#afterStatus(event);
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

  #afterStatus({ status, reason }: { readonly status: Status; readonly reason: string | null }): void {
    const before = this.#statusBefore;
    this.#statusBefore = status;
    if (before === "connected") this.#tell("connection-close", [reason === null ? null : { reason }, this]);
  }

  /** The old document is of no use any more: goes on with the new one in a new session, then tells (Lexical swaps its editor). */
  #onReload({ doc, reason }: Extract<ReplicaEvent, { type: "reload" }>): void {
    const { told, unsyncedChanges } = this.#replica;
    this.#doc.off("update", this.#onUpdate);
    this.#replica.destroy();
    if (unsyncedChanges > 0) this.#saveWaiters.reject(reloaded());
    this.#doc = doc;
    doc.on("update", this.#onUpdate);
    this.#moveAwareness(doc);
    this.#session = makeSessionId(this.#ports.random);
    this.#replica = this.#makeReplica(told);
    this.#tell("reload", [doc, reason]);
    // Its content is the server's: nobody waits for the new copy.
    this.#copies.replace(doc);
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
