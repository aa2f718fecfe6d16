import type { Context } from "./context.ts";
import { bytesEqual } from "./digest.ts";
import type { CardFrame, PeerFrame, SignedFrame } from "./frame.ts";
import { decodeFrame } from "./frame.ts";
import { frameSigningBytes } from "./frame-signing.ts";
import { identityLimits } from "./limits.ts";
import type { Members } from "./members.ts";
import type { Crypto, SessionId, Ticket } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";
import { Scope, type Tasks } from "./turn.ts";

export interface GateParts {
  readonly crypto: Crypto;
  readonly members: Members;
}

export interface GateEvents {
  /** A frame whose sender's signature holds, in the order of arrival. */
  readonly passed: (frame: SignedFrame, sender: Sender) => void;
  /** A card whose certificate holds; `signed`: as it came, if it came signed. */
  readonly card: (card: CardFrame, sender: Sender, signed: SignedFrame | null, bytes: Uint8Array) => void;
  /** A member's card that came before, handed on by somebody. */
  readonly repeated: (card: CardFrame, sender: Sender, bytes: Uint8Array) => void;
  /** A member signed something and never showed its certificate here. */
  readonly unknown: () => void;
}

/** ID7, ID8: certificates and signatures of what arrives, checked one after the other. */
export class Gate {
  private readonly context: Context;
  private readonly parts: GateParts;
  private readonly events: GateEvents;
  private ticket: Ticket | null = null;
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private visit: Scope;

  constructor(context: Context, parts: GateParts, events: GateEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
    this.visit = new Scope(context.turn);
  }

  negotiated(ticket: Ticket): void {
    this.ticket = ticket;
  }

  /** Signed mode: nothing is believed but signatures. `stamped`: whom the service names, if it names anybody. */
  receive(frame: SignedFrame, bytes: Uint8Array, stamped: Sender | null): void {
    this.enqueue(async (visit) => {
      const { inner } = frame;
      const sender = await this.signer(frame, stamped);
      if (sender === null) return;
      visit.post(() => {
        if (!this.isNew(frame)) return this.context.drops.drop("duplicate-frame");
        if (inner.kind === "card") this.events.card(inner, sender, frame, bytes);
        else this.events.passed(frame, sender);
      });
    });
  }

  /** Stamped mode: the service says who sends; the certificate says what that session may call itself. */
  receiveCard(card: CardFrame, sender: Sender, signed: SignedFrame | null, bytes: Uint8Array): void {
    this.enqueue(async (visit) => {
      const certificate = await this.parts.members.learn(card.session, card.certificate);
      if (certificate === null) return;
      if (certificate.userId !== sender.userId) this.refuse("foreign-certificate");
      else visit.post(() => this.events.card(card, sender, signed, bytes));
    });
  }

  /** PR6: cards that somebody else handed on: each must carry its owner's own signature. */
  receiveRoster(cards: readonly Uint8Array[]): void {
    const { members } = this.parts;
    for (const bytes of cards) {
      const decoded = decodeFrame(bytes);
      if (!decoded.ok || decoded.value.kind !== "signed" || decoded.value.inner.kind !== "card") {
        this.context.drops.drop("bad-roster");
        return;
      }
      const frame = decoded.value;
      const { inner } = decoded.value;
      if (inner.session === this.context.session) continue;
      const kept = members.card(inner.session);
      if (frame.counter > (kept?.counter ?? 0)) this.receive(frame, bytes, null);
      else if (kept !== null && bytesEqual(kept.bytes, bytes)) this.repeated(inner, bytes);
    }
  }

  /** PR3: after what is being checked, which was said before; now if there is nothing, or too much. */
  inTurn(task: () => void): void {
    if (this.waiting === 0 || this.waiting >= identityLimits.checksMax) task();
    else this.enqueue(async (visit) => visit.post(task));
  }

  /** PR4: the room was left: what is still being checked was said in it before, and its speaker may be gone since. */
  leave(): void {
    this.visit.close();
    this.visit = new Scope(this.context.turn);
  }

  private repeated(card: CardFrame, bytes: Uint8Array): void {
    const certificate = this.parts.members.certificate(card.session);
    if (certificate === null) return;
    this.events.repeated(card, { session: card.session, userId: certificate.userId }, bytes);
  }

  private isNew({ inner, counter }: SignedFrame): boolean {
    const { members } = this.parts;
    if (inner.kind === "bye") return members.isNewBye(inner.session, counter);
    if (inner.kind === "card") return members.isNewCard(inner.session, counter);
    return members.isNew(inner.session, counter);
  }

  private async signer(frame: SignedFrame, stamped: Sender | null): Promise<Sender | null> {
    const { inner, counter, signature } = frame;
    const { members, crypto } = this.parts;
    const { ticket } = this;
    if (ticket === null) return null;
    const certificate =
      inner.kind === "card"
        ? await members.learn(inner.session, inner.certificate)
        : members.certificate(inner.session);
    if (certificate === null) {
      // PR6: whoever handed them on, the cards of a roster speak for themselves.
      if (inner.kind === "roster") this.context.turn.post(() => this.receiveRoster(inner.cards));
      else if (inner.kind !== "card") this.unknown();
      return null;
    }
    const sender = { session: inner.session, userId: certificate.userId };
    // CN10: the connection may have been dialled for another of the user's sessions.
    if (stamped !== null && stamped.userId !== sender.userId) {
      return this.refuse("foreign-session");
    }
    if (certificate.role === "reader" && isContent(inner)) return this.refuse("reader-wrote");
    if (certificate.key === null) return this.refuse("unsigned");
    const place = { document: this.context.document, generation: ticket.generation };
    const holds = await crypto.verify(certificate.key, frameSigningBytes(place, counter, inner), signature);
    return holds ? sender : this.refuse("bad-signature");
  }

  private unknown(): void {
    this.refuse("unknown-member");
    this.context.turn.post(() => this.events.unknown());
  }

  private enqueue(check: (visit: Tasks) => Promise<void>): void {
    if (this.waiting >= identityLimits.checksMax) {
      this.context.drops.drop("checks-full");
      return;
    }
    this.waiting++;
    const { visit } = this;
    this.tail = this.tail
      .then(() => check(visit))
      .then(
        () => this.done(),
        () => {
          this.done();
          this.refuse("check-failed");
        },
      );
  }

  private done(): void {
    this.waiting--;
  }

  private refuse(reason: string): null {
    this.context.turn.post(() => this.context.drops.drop(reason));
    return null;
  }
}

function isContent({ kind }: PeerFrame): boolean {
  return kind === "edit" || kind === "chunk" || kind === "tail" || kind === "pointer";
}

/** Whose card a whole frame is; null: it is none. */
export function cardIn(bytes: Uint8Array): { readonly session: SessionId; readonly counter: number } | null {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok || decoded.value.kind !== "signed" || decoded.value.inner.kind !== "card") return null;
  return { session: decoded.value.inner.session, counter: decoded.value.counter };
}
