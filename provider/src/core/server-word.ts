import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import type { HeardEdit } from "./frame-buffer.ts";
import type { ReceiptFrame } from "./frame-kinds.ts";
import { syncLimits } from "./limits.ts";
import { receiptSigningBytes } from "./notice.ts";
import type { Pace } from "./pace.ts";
import type { Crypto, Ticket } from "./ports.ts";
import type { PublishedEntry } from "./published-entry.ts";
import type { Repair } from "./repair.ts";
import type { Sender } from "./replica-contract.ts";

export interface ServerWordParts {
  readonly content: Content;
  readonly repair: Repair;
  readonly pace: Pace;
  readonly crypto: Crypto;
}

export interface ServerWordEvents {
  readonly edit: (heard: HeardEdit) => void;
  /** The one in force. */
  readonly ticket: () => Ticket | null;
}

/** AU2, AU3: what the server has taken into the log, told by itself or by a receipt that its author shows. */
export class ServerWord {
  private readonly context: Context;
  private readonly parts: ServerWordParts;
  private readonly events: ServerWordEvents;

  constructor(context: Context, parts: ServerWordParts, events: ServerWordEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
  }

  /** AU2: under the server's signature, which was checked. */
  published(entries: readonly PublishedEntry[]): void {
    const { content, pace } = this.parts;
    for (const { session, userId, seqFrom, seqTo, owners, update } of entries) {
      if (session === this.context.session) continue;
      content.sessionOwners.learn(session, userId);
      content.learn(owners);
      pace.heardEdit(session);
      this.events.edit({ frame: { session, seqFrom, seqTo, update }, sender: { session, userId }, by: "server" });
    }
  }

  /** AU3: something of this session may have been published by nobody. */
  receipt(frame: ReceiptFrame, { session }: Sender): void {
    const { content, repair, crypto } = this.parts;
    const ticket = this.events.ticket();
    if (ticket === null || content.gaps.seen(session, frame.seqTo)) return;
    const words = receiptSigningBytes(this.context.document, { ...frame, generation: ticket.generation });
    const { drops, turn } = this.context;
    void crypto.verify(ticket.serverKey, words, frame.signature).then(
      (valid) =>
        turn.post(() => {
          if (!valid) return drops.drop("bad-receipt");
          content.gaps.hint(session, frame.seqTo);
          // It is durable: no need to wait for reordering.
          if (!content.gaps.seen(session, frame.seqTo)) repair.pullSoon(syncLimits.gapMs / 4);
          repair.gapFound();
        }),
      () => drops.drop("bad-receipt"),
    );
  }
}
