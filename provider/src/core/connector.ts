import { unreachable } from "./assert.ts";
import { backoffMs } from "./backoff.ts";
import { type Connection, type ConnectionEvent, type Effect, step } from "./connection.ts";
import { type Context, whenAnswered } from "./context.ts";
import { connectionLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import type { GroupName, Link, LinkEvent, SessionCard, Ticket, Transport } from "./ports.ts";

export interface ConnectorEvents {
  /** Never rejects. */
  readonly card: () => Promise<SessionCard>;
  readonly negotiated: (ticket: Ticket) => void;
  /** CN2. */
  readonly joined: (ticket: Ticket) => void;
  readonly interrupted: () => void;
  readonly resumed: () => void;
  readonly received: (group: GroupName, bytes: Uint8Array, fromUserId: string | null) => void;
  /** There was a link and it is gone. */
  readonly lost: () => void;
  /** CN4: final until `connect()`. */
  readonly refused: () => void;
  readonly outdated: (reason: "generation-changed" | "user-changed") => void;
  /** ID11. */
  readonly sessionTaken: () => void;
}

/** Runs the connection machine: feeds it events, performs its effects through the ports. */
export class Connector {
  private readonly context: Context;
  private readonly transport: Transport;
  private readonly line: Line;
  private readonly events: ConnectorEvents;
  private state: Connection = { phase: "idle" };
  private negotiating: AbortController | null = null;
  private link: Link | null = null;
  /** CN6: the number of the latest dial. */
  private dial = 0;

  constructor(context: Context, parts: { transport: Transport; line: Line }, events: ConnectorEvents) {
    this.context = context;
    this.transport = parts.transport;
    this.line = parts.line;
    this.events = events;
  }

  get connection(): Connection {
    return this.state;
  }

  handle(event: ConnectionEvent): void {
    const before = this.state;
    const { next, effects } = step(before, event);
    this.state = next;
    if (before.phase !== next.phase) this.entered(next);
    for (const effect of effects) this.perform(effect);
  }

  /** The link is of no use any more (CN7, ID3): close it and begin again (CN3). */
  cut(reason: string): void {
    this.hangUp();
    this.handle({ type: "closed", reason });
  }

  /** AC4: access changed. Everybody in the room hears of it in the same moment, and must not ask in the same moment. */
  renegotiate(members: number): void {
    const { renegotiateMsPerMember, renegotiateMsMax } = connectionLimits;
    const spreadMs = Math.min(renegotiateMsMax, members * renegotiateMsPerMember);
    this.hangUp();
    this.handle({ type: "closed", reason: "access changed", notBeforeMs: this.context.random.next() * spreadMs });
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "negotiate":
        this.negotiate();
        return;
      case "dial":
        this.open(effect.ticket);
        return;
      case "close":
        this.hangUp();
        return;
      case "wait":
        this.wait(effect.attempt, effect.notBeforeMs);
        return;
      case "join": {
        if (this.state.phase !== "joining") return;
        this.events.joined(this.state.ticket);
        return;
      }
      case "resume":
        this.events.resumed();
        return;
      case "reload":
        this.events.outdated(effect.reason);
        return;
      default:
        throw unreachable(effect);
    }
  }

  /** Timers belong to phases: entering one sets its own and clears the others'. */
  private entered(next: Connection): void {
    const { timers } = this.context;
    for (const name of ["reconnect", "dial", "recovery", "steady"] as const) timers.clear(name);
    if (next.phase !== "negotiating") this.stopNegotiating();
    if (next.phase === "refused") this.events.refused();
    if (next.phase === "dialing") timers.set("dial", connectionLimits.dialMsMax, () => this.cut("dial timed out"));
    if (next.phase === "recovering") {
      timers.set("recovery", connectionLimits.recoveryMsMax, () => this.cut("recovery timed out"));
    }
    if (next.phase === "online") timers.set("steady", connectionLimits.steadyMs, () => this.handle({ type: "steady" }));
  }

  private negotiate(): void {
    this.stopNegotiating();
    const abort = new AbortController();
    this.negotiating = abort;
    const { server, document, turn } = this.context;
    const answer = this.events.card().then((card) => server.negotiate(document, card, abort.signal));
    whenAnswered(turn, answer, {
      wanted: () => this.negotiating === abort,
      done: (ticket) => {
        this.events.negotiated(ticket);
        this.handle({ type: "negotiated", ticket });
      },
      failed: (failure) => {
        if (failure.kind === "refused") {
          this.context.emit({ type: "connection-error", code: failure.code, message: failure.message });
        }
        if (failure.kind === "session-taken") this.events.sessionTaken();
        this.handle({ type: "negotiate-failed", failure });
      },
    });
  }

  private open(ticket: Ticket): void {
    this.dial++;
    const dial = this.dial;
    const link = this.transport.open(
      () => Promise.resolve(ticket.url),
      (event) =>
        this.context.turn.post(() => {
          if (dial !== this.dial) return this.context.drops.drop("late-link-event"); // CN6
          this.hear(event);
        }),
    );
    this.link = link;
    this.line.up(link, ticket.groups);
  }

  private hear(event: LinkEvent): void {
    switch (event.type) {
      case "joined":
        this.handle({ type: "joined" });
        return;
      case "received":
        this.events.received(event.group, event.bytes, event.fromUserId);
        return;
      case "interrupted":
        this.handle({ type: "interrupted" });
        this.events.interrupted();
        return;
      case "resumed":
        this.handle({ type: "resumed" });
        return;
      case "confirmed":
        this.line.confirmed();
        return;
      case "unconfirmed":
        this.line.unconfirmed(event.reason);
        return;
      case "closed":
        this.hangUp();
        this.handle({ type: "closed", reason: event.reason });
        return;
      default:
        throw unreachable(event);
    }
  }

  private hangUp(): void {
    if (this.link === null) return;
    this.dial++;
    this.link.close();
    this.link = null;
    this.line.down();
    this.events.lost();
  }

  private wait(attempt: number, notBeforeMs: number): void {
    const { backoffMsFirst, backoffMsMax } = connectionLimits;
    const jitterMs = backoffMs(this.context.random, attempt, { msFirst: backoffMsFirst, msMax: backoffMsMax });
    this.context.timers.set("reconnect", Math.max(jitterMs, notBeforeMs), () => this.handle({ type: "retry" }));
  }

  private stopNegotiating(): void {
    this.negotiating?.abort();
    this.negotiating = null;
  }
}
