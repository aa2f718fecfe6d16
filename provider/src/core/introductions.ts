import type { CardFrame, SignedFrame } from "./frame.ts";
import type { InboundParts } from "./inbound-parts.ts";
import type { Sender } from "./replica-contract.ts";

type IntroductionsParts = Pick<InboundParts, "members" | "presence" | "greeting" | "room" | "content">;

/** ID7, PR6: what a card means whose certificate holds: of the member itself, or handed on. */
export class Introductions {
  private readonly parts: IntroductionsParts;
  private readonly announce: (clientIds: readonly number[], sender: Sender) => void;

  constructor(parts: IntroductionsParts, announce: (clientIds: readonly number[], sender: Sender) => void) {
    this.parts = parts;
    this.announce = announce;
  }

  /** `signed`: as it came, if it came signed. */
  shown(card: CardFrame, sender: Sender, signed: SignedFrame | null, bytes: Uint8Array): void {
    const { members, presence, greeting, room, content } = this.parts;
    if (signed !== null) members.keepCard(card.session, { counter: signed.counter, bytes });
    greeting.left(card.session);
    room.heard(sender);
    // ID9: the server's word on whose these ids are outranks whoever was faster to say so.
    const certificate = members.certificate(card.session);
    if (certificate !== null) {
      content.learn(certificate.clients.map((client) => ({ client, userId: sender.userId })));
      presence.reclaim(certificate.clients, sender);
    }
    this.announce(card.clientIds, sender);
    presence.shownAgain(sender, card.awareness);
  }

  /** A card that was taken before: it counts again when its entry was removed meanwhile (PR4), and else says nothing new. */
  repeated(card: CardFrame, sender: Sender, bytes: Uint8Array): void {
    if (!this.parts.presence.shows(card.session)) this.shown(card, sender, null, bytes);
  }
}
