import type { Context } from "./context.ts";
import { Heartbeat } from "./heartbeat.ts";
import { presenceLimits } from "./limits.ts";
import { makeParts, type Parts } from "./parts.ts";
import type { Cursor, Role, Ticket } from "./ports.ts";
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
  Traffic,
  WakeReason,
} from "./replica-contract.ts";
import { Reporter } from "./reporter.ts";
import { isSynced, linkOf, reasonOf, statusOf } from "./status.ts";
import { Timers } from "./timers.ts";
import { Turn } from "./turn.ts";

type Life =
  | { readonly phase: "active" }
  | { readonly phase: "reloading"; readonly reload: Reload; readonly reason: ReloadReason }
  | { readonly phase: "replaced"; readonly reason: ReloadReason }
  | { readonly phase: "destroyed" };

/**
 * One session on one document: the one mutable object of the core, which runs the machines through the ports.
 * Constructing it listens to `doc` and `awareness`; nothing leaves before `connect()`.
 */
export class Replica implements ReplicaLike {
  private readonly context: Context;
  private readonly parts: Parts;
  private readonly reporter: Reporter;
  private readonly heartbeat: Heartbeat;
  private life: Life = { phase: "active" };
  private ticket: Ticket | null = null;
  private readonly onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.context.origin || this.life.phase !== "active") return;
    // Yjs itself removes redundant formatting after foreign edits. Each writer publishes that; a reader cannot.
    if (this.parts.content.isApplying && this.role === "reader") return;
    // At once, also in the middle of a turn: nobody may be told "saved" while an edit waits to be counted.
    this.parts.outbox.add(update);
    this.act(() => this.edited());
  };

  constructor({ doc, awareness, document, session, ports, emit, origin, told }: ReplicaOptions) {
    const { server, clock, random, drops } = ports;
    const turn = new Turn(() => this.report());
    const timers = new Timers(clock, turn);
    const shared = { doc, awareness, document, session, clock, random, server, drops, turn, timers, emit };
    this.context = { ...shared, origin: origin ?? this };
    this.parts = makeParts(this.context, ports, {
      ticket: () => this.ticket,
      negotiated: (ticket) => this.negotiated(ticket),
      reload: (reason) => this.reload(reason),
    });
    this.reporter = new Reporter(emit, told);
    this.heartbeat = new Heartbeat(this.context, {
      beat: () => {
        this.parts.room.expire();
        this.parts.presence.expire();
      },
      thawed: () => this.parts.sync.wake("resume"),
    });
    doc.on("update", this.onUpdate);
  }

  get status(): Status {
    switch (this.life.phase) {
      case "active":
        return statusOf(this.parts.connector.connection);
      case "reloading":
      case "replaced":
        return "refused";
      default:
        return "disconnected";
    }
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
    const { inbound, content, outbox } = this.parts;
    return {
      buffered: inbound.buffered,
      held: content.heldFrames,
      unsavedBatches: outbox.unsaved.length,
      openGaps: content.gaps.openCount,
    };
  }

  connect(): void {
    this.act(() => {
      this.heartbeat.start();
      this.parts.connector.handle({ type: "connect" });
    });
  }

  disconnect(): void {
    this.act(() => {
      this.parts.publisher.closeWindow();
      this.parts.saving.uploads.sendOnce();
      this.leave();
    });
  }

  destroy(): void {
    this.context.turn.post(() => {
      if (this.life.phase === "active") {
        this.parts.saving.uploads.sendLast("destroyed");
        this.leave();
      }
      if (this.life.phase === "reloading") this.life.reload.stop();
      this.detach();
      this.life = { phase: "destroyed" };
      this.context.turn.close();
    });
  }

  wake(reason: WakeReason): void {
    this.act(() => {
      const { phase } = this.parts.connector.connection;
      if (phase !== "idle" && phase !== "refused") this.parts.sync.wake(reason);
    });
  }

  flush({ keepalive }: FlushOptions): void {
    this.act(() => {
      this.parts.publisher.closeWindow();
      if (!keepalive) return this.parts.saving.uploads.send();
      this.parts.saving.uploads.sendLast("page-leaves");
      this.sayBye();
    });
  }

  broadcast(bytes: Uint8Array): BroadcastResult {
    const { connector, room, broadcasts, line } = this.parts;
    if (bytes.length > presenceLimits.broadcastBytesMax) return "too-large";
    if (this.life.phase !== "active" || connector.connection.phase !== "online") return "offline";
    if (room.isAlone) return "nobody-there";
    const { session } = this.context;
    const published = line.publish({ kind: "broadcast", session, number: broadcasts.next(), bytes });
    return published === "accepted" ? "sent" : "full";
  }

  /** On the own turn, and only while there is something to act on. */
  private act(task: () => void): void {
    this.context.turn.post(() => (this.life.phase === "active" ? task() : undefined));
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
    this.ticket = ticket;
    this.parts.clientIds.resolve(ticket.clash);
    this.parts.sync.negotiated(ticket);
  }

  /** Says bye and lets everything go that `connect()` would start again. */
  private leave(): void {
    this.sayBye();
    this.parts.connector.handle({ type: "disconnect" });
    this.parts.sync.stop();
    this.context.timers.clear("heartbeat");
  }

  /** PR3. */
  private sayBye(): void {
    this.parts.line.publish({ kind: "bye", session: this.context.session });
  }

  private detach(): void {
    this.parts.saving.uploads.letGo();
    this.context.timers.clearAll();
    this.context.doc.off("update", this.onUpdate);
    this.parts.presence.destroy();
  }

  /** CN4, DU9: this document is of no use any more. Everything stops but the loading of a fresh one. */
  private reload(reason: ReloadReason): void {
    this.act(() => {
      this.leave();
      this.parts.saving.uploads.close();
      this.detach();
      const reload = new Reload(this.context, (doc) => {
        this.life = { phase: "replaced", reason };
        this.context.emit({ type: "reload", doc, reason });
      });
      this.life = { phase: "reloading", reload, reason };
      reload.start();
    });
  }

  private report(): void {
    this.reporter.report(this);
  }

  /** Why the status is `disconnected` or `refused`. */
  get reason(): string | null {
    const { life } = this;
    if (life.phase === "reloading" || life.phase === "replaced") return life.reason;
    return reasonOf(this.parts.connector.connection);
  }
}
