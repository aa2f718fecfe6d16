import type { Context } from "./context.ts";
import { DocumentWatch } from "./document-watch.ts";
import { Heartbeat } from "./heartbeat.ts";
import { type Life, reasonIn, statusIn } from "./life.ts";
import { presenceLimits } from "./limits.ts";
import { type Inheritance, type Lost, makeParts, type Parts, queuesOf } from "./parts.ts";
import type { Cursor, Role, SessionId, Ticket } from "./ports.ts";
import { Reload } from "./reload.ts";
import type {
  BroadcastResult,
  FlushOptions,
  LinkState,
  ReloadReason,
  ReplicaLike,
  ReplicaOptions,
  ReplicaQueues,
  Report,
  SaveState,
  Status,
  StoredCopy,
  Traffic,
  WakeReason,
} from "./replica-contract.ts";
import { Reporter } from "./reporter.ts";
import { makeSessionId } from "./session-id.ts";
import { isSettled } from "./settle.ts";
import { isSynced, linkOf } from "./status.ts";
import { Timers } from "./timers.ts";
import { Scope, Turn } from "./turn.ts";

/**
 * One session on one document: the one mutable object of the core, which runs the machines through the ports.
 * Constructing it listens to `doc` and `awareness`; nothing leaves before `connect()`.
 */
export class Replica implements ReplicaLike {
  private readonly turn: Turn;
  private context: Context;
  private parts: Parts;
  private readonly make: (context: Context, inherited: Inheritance) => Parts;
  private readonly reporter: Reporter;
  private readonly heartbeat: Heartbeat;
  private readonly copy: StoredCopy | undefined;
  private life: Life = { phase: "active" };
  private ticket: Ticket | null = null;
  private readonly watch: DocumentWatch;

  constructor(options: ReplicaOptions) {
    const { doc, awareness, document, session, ports, emit, origin, told, pace, copy, identity = "stamped" } = options;
    this.copy = copy;
    const { server, clock, random, drops } = ports;
    this.turn = new Turn(() => this.report());
    const shared = { doc, awareness, document, session, clock, random, server, drops, emit };
    const timers = new Timers(clock, this.turn);
    this.context = { ...shared, timers, turn: new Scope(this.turn), origin: origin ?? this };
    const owner = {
      ticket: () => this.ticket,
      negotiated: (ticket: Ticket) => this.negotiated(ticket),
      reload: (reason: ReloadReason) => this.reload(reason),
      renew: (why: Lost | "user-changed") => this.renew(why),
    };
    this.make = (context, inherited) => makeParts(context, ports, { pace, copy, identity, inherited }, owner);
    this.parts = this.make(this.context, { lost: new Map(), content: null, batches: null });
    this.reporter = new Reporter(emit, told);
    this.heartbeat = new Heartbeat(this.context, {
      beat: () => {
        this.parts.room.expire();
        this.parts.presence.expire();
      },
      thawed: () => this.parts.sync.wake("resume"),
    });
    this.watch = new DocumentWatch(this.context, {
      update: (update, origin) => this.wrote(update, origin),
      finished: (transaction) => {
        if (this.role === "reader" && this.life.phase === "active") this.parts.content.keepsFormatting(transaction);
      },
      broken: () => this.reload("document-broken"),
    });
  }

  get status(): Status {
    return statusIn(this.life, this.parts.connector.connection);
  }

  get link(): LinkState {
    return linkOf(this.parts.connector.connection, this.parts.sync.isCaughtUp);
  }

  get synced(): boolean {
    const { connector, sync, room } = this.parts;
    return isSynced(connector.connection, { caughtUp: sync.isCaughtUp, helloDone: room.helloIsDone });
  }

  get saveState(): SaveState {
    const { phase } = this.parts.connector.connection;
    return this.parts.saving.state(phase !== "idle" && phase !== "refused");
  }

  get unsyncedChanges(): number {
    return this.parts.outbox.unsavedEdits;
  }

  get role(): Role | null {
    return this.ticket?.role ?? null;
  }

  get cursor(): Cursor | null {
    return this.parts.repair.cursor;
  }

  get generation(): number | null {
    return this.ticket?.generation ?? null;
  }

  /** What the events said last. */
  get told(): Report {
    return this.reporter.told;
  }

  get traffic(): Traffic {
    return this.parts.line.traffic;
  }

  get queues(): ReplicaQueues {
    return queuesOf(this.parts);
  }

  loaded(): void {
    this.act(() => this.parts.saving.loaded());
  }

  connect(): void {
    this.act(() => {
      this.heartbeat.start();
      const { generation = null, userId = null } = this.copy ?? {};
      // TB1: a tab without network knows its kin by the copy they share.
      if (generation !== null && userId !== null)
        this.parts.siblings.identified({ generation, userId, role: "writer" });
      this.parts.connector.handle({ type: "connect" });
    });
  }

  disconnect(): void {
    this.act(() => {
      this.parts.publisher.closeWindow();
      this.parts.saving.uploads.rest();
      this.parts.saving.uploads.send();
      this.leave();
    });
  }

  destroy(): void {
    this.turn.post(() => {
      if (this.life.phase === "active") {
        this.parts.saving.uploads.sendLast("destroyed");
        this.leave();
      }
      if (this.life.phase === "reloading") this.life.reload.stop();
      this.watch.stop();
      this.endSession();
      this.life = { phase: "destroyed" };
      this.turn.close();
    });
  }

  wake(reason: WakeReason): void {
    this.act(() => {
      const { phase } = this.parts.connector.connection;
      if (phase === "idle" || phase === "refused") return;
      if (reason === "resume" || this.parts.siblings.hasLeft) this.parts.siblings.greet();
      this.parts.sync.wake(reason);
    });
  }

  flush({ keepalive }: FlushOptions): void {
    this.act(() => {
      this.parts.publisher.closeWindow();
      if (!keepalive) return this.parts.saving.uploads.send();
      this.parts.saving.uploads.sendLast("page-leaves");
      this.parts.line.sayBye();
      this.parts.siblings.sayBye();
    });
  }

  broadcast(bytes: Uint8Array): BroadcastResult {
    const { connector, room, broadcasts, line, siblings } = this.parts;
    if (bytes.length > presenceLimits.broadcastBytesMax) return "too-large";
    if (this.life.phase !== "active" || connector.connection.phase !== "online") return "offline";
    const number = broadcasts.next();
    const heardByTabs = siblings.broadcast(number, bytes);
    if (room.isAlone) return heardByTabs ? "sent" : "nobody-there";
    const published = line.publish({ kind: "broadcast", session: this.context.session, number, bytes });
    return published === "accepted" ? "sent" : "full";
  }

  /** On the own turn, and only while there is something to act on. */
  private act(task: () => void): void {
    this.turn.post(() => (this.life.phase === "active" ? task() : undefined));
  }

  private wrote(update: Uint8Array, origin: unknown): void {
    if (origin === this.context.origin || this.copy?.isOrigin(origin)) return;
    // DU5: at once, also in the middle of a turn, and while the document is replaced: an edit that nobody counts looks saved.
    this.parts.outbox.add(update);
    if (this.life.phase !== "active") this.parts.outbox.close();
    this.parts.content.wrote();
    this.act(() => this.edited());
  }

  private edited(): void {
    const { clientIds, isHeard, introduce, publisher, saving, sync } = this.parts;
    // ID4: peers accept structs of announced ids only.
    if (clientIds.isNews && isHeard()) introduce();
    publisher.edited();
    saving.uploads.edited();
    sync.active();
  }

  private negotiated(ticket: Ticket): void {
    if (this.ticket !== null && this.ticket.generation !== ticket.generation) {
      this.reload("generation-changed");
      return;
    }
    const before = this.ticket;
    this.ticket = ticket;
    if (before !== null && before.userId !== ticket.userId) {
      this.renew("user-changed");
      return;
    }
    const { clientIds, identity, members, inbound, papers } = this.parts;
    identity.negotiated(ticket);
    members.negotiated(ticket);
    papers.negotiated(ticket);
    inbound.negotiated(ticket);
    const lost = clientIds.resolve(ticket.clash);
    if (lost !== null) this.renew(new Map([[lost, 0]]));
    this.parts.siblings.identified(ticket);
    this.parts.sync.negotiated(ticket);
  }

  /** Says bye and lets everything go that `connect()` would start again. */
  private leave(): void {
    this.parts.line.sayBye();
    this.parts.siblings.leave();
    this.parts.papers.stop();
    this.parts.connector.handle({ type: "disconnect" });
    this.parts.sync.stop();
    this.context.timers.clear("heartbeat");
  }

  /** Whatever it waits for, nothing comes of it any more. */
  private endSession(next: SessionId = this.context.session): void {
    this.parts.saving.uploads.letGo();
    this.parts.presence.destroy();
    this.context.timers.clearAll();
    this.context.turn.close();
    this.context = { ...this.context, turn: new Scope(this.turn), session: next };
  }

  /** CN4, DU9: this document is of no use any more. Everything stops but the loading of a fresh one. */
  private reload(reason: ReloadReason): void {
    this.act(() => {
      this.leave();
      this.parts.saving.uploads.close();
      this.endSession();
      const reload = new Reload(this.context, (doc) => {
        this.life = { phase: "replaced", reason };
        this.context.emit({ type: "reload", doc, reason });
      });
      this.life = { phase: "reloading", reload, reason };
      reload.start();
    });
  }

  /** ID11, DU12: goes on in a new session on the same document; the join finds what the server lacks (DU6). */
  private renew(why: Lost | "user-changed"): void {
    this.act(() => {
      if (why !== "user-changed" && !isSettled(this.context.doc)) return this.reload("client-clash");
      const isWanted = this.parts.connector.connection.phase !== "idle";
      this.leave();
      this.endSession(makeSessionId(this.context.random));
      const lost = this.parts.saving.withUnmoved(why === "user-changed" ? this.parts.formerUserLeaves() : why);
      this.ticket = null;
      this.parts = this.make(this.context, { lost, content: this.parts.content, batches: this.parts.batches });
      this.context.emit({ type: "session", session: this.context.session });
      if (!isWanted) return;
      this.heartbeat.start();
      this.parts.connector.handle({ type: "connect" });
    });
  }

  private report(): void {
    if (this.life.phase === "active") this.parts.clientIds.follow();
    this.reporter.report(this);
  }

  /** Why the status is `disconnected` or `refused`. */
  get reason(): string | null {
    return reasonIn(this.life, this.parts.connector.connection);
  }
}
