import type { Context } from "./context.ts";
import { presenceLimits, syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import type { Instant, SessionId } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";

type Probe =
  /** Not in the room. */
  | { readonly phase: "away" }
  /** Hellos go out; nobody was heard yet. */
  | { readonly phase: "asking"; readonly hellos: number }
  /** SY6. */
  | { readonly phase: "alone" }
  | { readonly phase: "company" };

export interface RoomEvents {
  /** SY3: a hello was answered, or its deadline has passed. */
  readonly helloDone: () => void;
  /** SY6: being alone ended. */
  readonly companyCame: () => void;
  /** SY4: answer all hellos of late with presence and unreceipted batches. */
  readonly answerHello: () => void;
  /** TB: a tab of this browser. */
  readonly isSibling: (session: SessionId) => boolean;
  /** No sign of life for too long (PR1). */
  readonly expired: (session: SessionId) => void;
}

/** Who is here: hellos, answers, and whether anybody listens. */
export class Room {
  private readonly context: Context;
  private readonly line: Line;
  private readonly events: RoomEvents;
  private readonly clientIds: () => readonly number[];
  private readonly members = new Map<SessionId, Instant>();
  private probe: Probe = { phase: "away" };
  private helloPhase: "none" | "open" | "done" = "none";
  private answeredAt: Instant | null = null;

  constructor(context: Context, line: Line, clientIds: () => readonly number[], events: RoomEvents) {
    this.context = context;
    this.line = line;
    this.clientIds = clientIds;
    this.events = events;
  }

  get isAlone(): boolean {
    return this.probe.phase === "alone";
  }

  get helloIsDone(): boolean {
    return this.helloPhase === "done";
  }

  has(session: SessionId): boolean {
    return this.members.has(session);
  }

  /** The own session included. */
  get size(): number {
    return this.members.size + 1;
  }

  /** SE5: the server told all members at once that there is something to read: few need no spreading, many do. */
  get pullSpreadMs(): number {
    return Math.min(syncLimits.gapMs / 4, this.size * syncLimits.pullMsPerMember);
  }

  /** SY1: the first frame after each join is the hello. */
  join(): void {
    this.helloPhase = "open";
    this.context.timers.set("hello-deadline", syncLimits.helloMsMax, () => this.finishHello());
    this.members.clear();
    this.ask(0);
  }

  leave(): void {
    this.probe = { phase: "away" };
    this.helloPhase = "none";
    this.members.clear();
    for (const name of ["hello-deadline", "hello-round", "hello-answer"] as const) this.context.timers.clear(name);
  }

  /** Asks once more without leaving: after a sleep nobody knows who is still here. */
  askAgain(): void {
    if (this.probe.phase !== "away") this.sayHello(0);
  }

  /** TB2: a tab of this browser is here. It hears everything without the service: no reason to publish. */
  sibling(session: SessionId): void {
    const isNews = !this.members.has(session);
    this.members.set(session, this.context.clock.now());
    if (isNews && this.probe.phase === "company" && this.isAmongSiblings()) this.ask(0);
  }

  heard(sender: Sender): void {
    this.members.delete(sender.session);
    this.members.set(sender.session, this.context.clock.now());
    if (this.members.size > syncLimits.sessionsMax) this.forgetOldest();
    this.finishHello();
    if (this.probe.phase === "company" || this.probe.phase === "away") return;
    if (this.events.isSibling(sender.session)) return;
    const wasAlone = this.probe.phase === "alone";
    this.probe = { phase: "company" };
    this.context.timers.clear("hello-round");
    if (wasAlone) this.events.companyCame();
  }

  /** PR3: a member left. The last one's leave begins SY6 again. */
  left(session: SessionId): void {
    if (!this.members.delete(session)) return;
    if (this.probe.phase === "company" && this.isAmongSiblings()) this.ask(0);
  }

  /** SY4: one answer for all hellos of a second. */
  hello(): void {
    const { clock, random, timers } = this.context;
    const since = this.answeredAt === null ? Number.POSITIVE_INFINITY : clock.now() - this.answeredAt;
    const wait = Math.max(0, syncLimits.helloAnswerEveryMs - since) + random.next() * syncLimits.helloAnswerJitterMs;
    timers.setOnce("hello-answer", wait, () => {
      this.answeredAt = clock.now();
      this.events.answerHello();
    });
  }

  /** Called now and then: members without a sign of life have left. */
  expire(): void {
    const now = this.context.clock.now();
    for (const [session, heardAt] of [...this.members]) {
      if (now - heardAt < presenceLimits.expireMs) continue;
      this.events.expired(session);
      this.left(session);
    }
  }

  private isAmongSiblings(): boolean {
    return [...this.members.keys()].every((session) => this.events.isSibling(session));
  }

  private ask(hellos: number): void {
    if (hellos >= syncLimits.aloneHellos) {
      this.probe = { phase: "alone" };
      return;
    }
    this.probe = { phase: "asking", hellos: hellos + 1 };
    this.sayHello(hellos);
    this.context.timers.set("hello-round", syncLimits.aloneHelloMs, () => {
      if (this.probe.phase === "asking") this.ask(this.probe.hellos);
    });
  }

  private sayHello(round: number): void {
    const { session } = this.context;
    this.line.publish({ kind: "hello", session, round, clientIds: this.clientIds() });
  }

  private finishHello(): void {
    if (this.helloPhase !== "open") return;
    this.helloPhase = "done";
    this.context.timers.clear("hello-deadline");
    this.events.helloDone();
  }

  private forgetOldest(): void {
    for (const session of this.members.keys()) {
      this.members.delete(session);
      return;
    }
  }
}
