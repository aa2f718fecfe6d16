import type { ClientIds } from "./client-ids.ts";
import type { Context } from "./context.ts";
import { encodeFrame } from "./frame.ts";
import { cardIn } from "./gate.ts";
import type { Identity } from "./identity.ts";
import { identityLimits, presenceLimits, syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import type { Members } from "./members.ts";
import type { Instant, SessionId } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Room } from "./room.ts";

export interface GreetingParts {
  readonly identity: Identity;
  readonly members: Members;
  readonly line: Line;
  readonly presence: Presence;
  readonly clientIds: ClientIds;
  readonly room: () => Room;
}

export interface GreetingEvents {
  /** The room was told client ids that the server has not heard of yet. */
  readonly unnamed: () => void;
}

/** The own card as the room has it. */
interface Shown {
  readonly counter: number;
  readonly bytes: Uint8Array;
  /** Client id and awareness state in it, as JSON. The clock does not count: renewals raise it and say nothing new. */
  readonly state: string;
}

/** PR6: introduces this session, and answers newcomers for those who need not do it themselves. */
export class Greeting {
  private readonly context: Context;
  private readonly parts: GreetingParts;
  private readonly events: GreetingEvents;
  private shown: Shown | null = null;
  private answeredAt: Instant | null = null;
  /** Whose last roster had the own card. */
  private listedBy: SessionId | null = null;
  /** Members of an older protocol: they show no card and understand none. */
  private readonly old = new Set<SessionId>();

  constructor(context: Context, parts: GreetingParts, events: GreetingEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
  }

  /** ID7: certificate, client ids and whole presence, in one frame. */
  introduce(): void {
    const { identity, line, presence, clientIds } = this.parts;
    const certificate = identity.certificateBytes;
    const { session } = this.context;
    const awareness = presence.takeWhole();
    clientIds.told();
    if (!clientIds.isNamed) this.events.unnamed();
    if (certificate === null || this.old.size > 0) {
      line.publish({ kind: "presence", session, clientIds: clientIds.all, awareness });
    }
    if (certificate === null) return;
    const card = { kind: "card", session, certificate, clientIds: clientIds.all, awareness } as const;
    const state = this.ownState;
    if (!identity.canSign) {
      line.publish(card);
      return;
    }
    identity.seal(card, (sealed) => {
      this.shown = { counter: sealed.counter, bytes: encodeFrame(sealed), state };
      line.send(sealed);
    });
  }

  /** A hello: the first in rank answers for all; who was not answered for answers for itself. */
  answer(): void {
    const { identity } = this.parts;
    if (!identity.canSign || this.shown === null) {
      this.introduce();
      return;
    }
    // Somebody was faster, between the hello and now.
    const { answeredAt } = this;
    if (answeredAt !== null && this.context.clock.now() - answeredAt < syncLimits.helloAnswerEveryMs) return;
    const rank = this.present().filter((session) => session < this.context.session).length;
    const waitMs = Math.min(rank, identityLimits.rankMax) * identityLimits.rankMs;
    if (waitMs === 0) this.answerForAll();
    else this.context.timers.setOnce("roster", waitMs, () => this.answerForAll());
  }

  /** Somebody answered a hello with the cards of these; a large room takes several rosters. */
  heardRoster(from: SessionId, cards: readonly Uint8Array[]): void {
    const { timers, random, session, clock } = this.context;
    timers.clear("roster");
    const now = clock.now();
    const isSameAnswer = this.answeredAt !== null && now - this.answeredAt < syncLimits.helloAnswerEveryMs;
    const own = cards.map(cardIn).find((card) => card?.session === session);
    // A new card is in the next roster: who stays as it is now need not answer again. SY14: an old member reads no roster.
    const isCurrent = own?.counter === this.shown?.counter && this.shown?.state === this.ownState;
    const isShown = isCurrent || (own === undefined && isSameAnswer && this.listedBy === from);
    this.answeredAt = now;
    this.listedBy = isShown ? from : null;
    if (isShown && this.old.size === 0) return;
    timers.setOnce("roster", random.next() * syncLimits.helloAnswerJitterMs, () => this.introduce());
  }

  /** A session said its presence without a card. */
  heardWithoutCard(session: SessionId): void {
    const { members, identity } = this.parts;
    if (identity.certificate === null || members.certificate(session) !== null || this.old.has(session)) return;
    const { timers } = this.context;
    timers.setOnce("old-member", presenceLimits.cardWaitMs, () => {
      if (members.certificate(session) !== null || this.old.size >= identityLimits.oldMembersMax) return;
      this.old.add(session);
      this.introduce();
    });
  }

  left(session: SessionId): void {
    this.old.delete(session);
  }

  /** The link is gone: nothing is known of the next room. */
  reset(): void {
    this.shown = null;
    this.old.clear();
    this.context.timers.clear("roster");
    this.context.timers.clear("old-member");
  }

  private get ownState(): string {
    const { awareness } = this.context;
    return JSON.stringify([awareness.clientID, awareness.getLocalState()]);
  }

  /** Members who are here and whose signed card can be handed on. */
  private present(): readonly SessionId[] {
    const { members, room } = this.parts;
    return members.sessions.filter((session) => room().has(session) && members.card(session) !== null);
  }

  private answerForAll(): void {
    const { members, line } = this.parts;
    const { shown } = this;
    const isCurrent = shown !== null && shown.state === this.ownState && this.old.size === 0;
    if (!isCurrent) this.introduce();
    const others = this.present().flatMap((session) => members.card(session)?.bytes ?? []);
    for (const cards of inRosters(isCurrent ? [shown.bytes, ...others] : others)) {
      line.publish({ kind: "roster", session: this.context.session, cards });
    }
  }
}

function inRosters(cards: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const rosters: Uint8Array[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const card of cards) {
    bytes += card.length;
    const last = rosters.at(-1);
    if (last !== undefined && bytes <= identityLimits.rosterBytesMax && last.length < identityLimits.rosterCardsMax) {
      last.push(card);
    } else {
      rosters.push([card]);
      bytes = card.length;
    }
  }
  return rosters;
}
