import { Asks } from "./asks.ts";
import type { Checks } from "./checks.ts";
import type { Connector } from "./connector.ts";
import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import type { Greeting } from "./greeting.ts";
import type { Identity } from "./identity.ts";
import type { Inbound } from "./inbound.ts";
import { presenceLimits, syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { Polling } from "./polling.ts";
import type { Failure, Ticket } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Publisher } from "./publisher.ts";
import type { Pulled, Repair } from "./repair.ts";
import type { WakeReason } from "./replica-contract.ts";
import type { Room } from "./room.ts";
import type { Saving } from "./saving.ts";

export interface SyncParts {
  readonly line: Line;
  readonly room: Room;
  readonly content: Content;
  readonly presence: Presence;
  readonly publisher: Publisher;
  readonly repair: Repair;
  readonly checks: Checks;
  readonly saving: Saving;
  readonly inbound: Inbound;
  readonly connector: Connector;
  readonly identity: Identity;
  readonly greeting: Greeting;
  /** Tells the room all own client ids and the own presence. */
  readonly introduce: () => void;
}

/** SY1 to SY3, SY10: what joining, losing and resuming the link mean for the log, the room and the word *synced*. */
export class Sync {
  private readonly context: Context;
  private readonly parts: SyncParts;
  private readonly asks: Asks;
  private readonly polling: Polling;
  /** Whether the log was applied since the link last came or went. */
  private log: "behind" | "applied" = "behind";

  constructor(context: Context, parts: SyncParts) {
    this.context = context;
    this.parts = parts;
    this.asks = new Asks(context, parts.line);
    this.polling = new Polling(context, () => parts.repair.pullNow());
  }

  get isCaughtUp(): boolean {
    return this.log === "applied";
  }

  negotiated(ticket: Ticket): void {
    this.parts.repair.start(ticket);
    this.parts.checks.start(ticket);
    this.parts.saving.negotiated(ticket);
    this.parts.repair.prefetch();
    this.polling.start(syncLimits.pollLinkMs);
  }

  /** SY1: a new connection is in its groups. */
  joined(ticket: Ticket): void {
    const { inbound, room, repair, introduce, identity } = this.parts;
    this.context.timers.clear("link-lost");
    this.polling.stop();
    this.log = "behind";
    inbound.startBuffering(ticket);
    if (identity.mode === "signed") identity.prepareBye();
    // ID8: a stranger's hello is not heard, so the card goes first.
    introduce();
    room.join();
    // A pull that began before the join may miss what was stored in between.
    repair.giveUpLog();
    repair.pullNow();
  }

  /** CN5. */
  interrupted(): void {
    this.log = "behind";
    this.parts.publisher.shut();
    this.loseOthersLater();
    this.polling.start(syncLimits.pollLinkMs);
  }

  /** CN5: the service has kept what was sent meanwhile, or not: the log knows. */
  resumed(): void {
    const { line, room, repair, checks, introduce } = this.parts;
    this.context.timers.clear("link-lost");
    this.polling.stop();
    this.log = "behind";
    line.doubt();
    if (this.comeBack()) introduce();
    room.askAgain();
    this.openPublisher();
    repair.giveUpLog();
    repair.pullNow();
    checks.soon();
  }

  /** The link is gone for good; a new one will join anew. */
  lost(): void {
    const { connector, publisher, room, inbound, repair, greeting } = this.parts;
    this.log = "behind";
    publisher.shut();
    room.leave();
    greeting.reset();
    inbound.drop();
    repair.giveUpLog();
    this.loseOthersLater();
    // The next ticket begins anew: till then nobody knows whether the server answers.
    if (connector.connection.phase === "dialing") this.polling.noLink();
    else this.polling.stop();
  }

  caughtUp({ news, filled, tookMs }: Pulled): void {
    const { saving, checks } = this.parts;
    this.log = "applied";
    this.asks.forget();
    if (!saving.caughtUp()) return;
    this.enterRoom();
    this.polling.answered(news, tookMs);
    if (filled) checks.soon();
    else if (news) checks.active();
  }

  /** The server does not answer: live editing goes on, gaps are asked for (SY8), the pull is repeated by itself. */
  pullFailed(failure: Failure): void {
    if (failure.kind === "refused") {
      this.context.emit({ type: "connection-error", code: failure.code, message: failure.message });
      this.parts.connector.cut(failure.message);
      return;
    }
    this.enterRoom();
    this.asks.ask(this.parts.content.gaps.open());
    this.parts.publisher.serverGone();
  }

  wake(reason: WakeReason): void {
    const { connector, line, room, repair, checks, introduce } = this.parts;
    connector.handle({ type: "wake" });
    const { phase } = connector.connection;
    // While the service recovers the line, `resumed` does it.
    const isBack = phase !== "recovering" && this.comeBack();
    if (phase === "online" || isBack) {
      line.doubt();
      introduce();
      if (reason === "resume") room.askAgain();
    }
    this.polling.active();
    repair.pullNow();
    checks.soon();
  }

  active(): void {
    this.polling.active();
    this.parts.checks.active();
  }

  /** The user is done: nothing goes on by itself. */
  stop(): void {
    this.log = "behind";
    this.polling.stop();
    this.parts.repair.stop();
    this.parts.checks.stop();
    this.context.timers.clear("link-lost");
    this.parts.presence.allLeft();
  }

  /** PR3: the page that said bye is shown again. */
  private comeBack(): boolean {
    const { line, identity } = this.parts;
    if (!line.hasLeft) return false;
    line.comeBack();
    if (identity.mode === "signed") identity.prepareBye();
    return true;
  }

  private enterRoom(): void {
    const { inbound, connector } = this.parts;
    inbound.replay();
    connector.handle({ type: "ready" });
    this.openPublisher();
  }

  private openPublisher(): void {
    const { connection } = this.parts.connector;
    // A reader's token cannot publish edits: the service would refuse each one.
    if (connection.phase !== "online" || connection.ticket.role !== "writer") return;
    this.parts.publisher.open(connection.ticket.mode ?? "direct");
  }

  /** PR4. */
  private loseOthersLater(): void {
    this.context.timers.setOnce("link-lost", presenceLimits.lostMs, () => this.parts.presence.allLeft());
  }
}
