import { type Context, whenAnswered } from "./context.ts";
import type { Identity } from "./identity.ts";
import { identityLimits } from "./limits.ts";
import type { SessionCard, Ticket } from "./ports.ts";

export interface PapersEvents {
  readonly card: () => Promise<SessionCard>;
  /** Of the same user, generation and access epoch as the one in force; its URL is not dialled. */
  readonly renewed: (ticket: Ticket) => void;
}

/** ID7: asks for a new certificate when the old one ages or names too few client ids. The connection stays. */
export class Papers {
  private readonly context: Context;
  private readonly identity: Identity;
  private readonly events: PapersEvents;
  private ticket: Ticket | null = null;
  private asking: AbortController | null = null;

  constructor(context: Context, identity: Identity, events: PapersEvents) {
    this.context = context;
    this.identity = identity;
    this.events = events;
  }

  negotiated(ticket: Ticket): void {
    this.ticket = ticket;
    const signed = this.identity.certificate;
    if (signed === null) return;
    const { issuedAtMs, expiresAtMs } = signed.certificate;
    const lifeMs = (expiresAtMs - issuedAtMs) * identityLimits.renewAfter;
    this.context.timers.set("certificate", lifeMs * (0.9 + this.context.random.next() / 10), () => this.renew());
  }

  stop(): void {
    this.ticket = null;
    this.asking?.abort();
    this.asking = null;
    this.context.timers.clear("certificate");
  }

  /** ID4, ID9: the server claims new client ids for this user, and says so in the certificate. */
  renew(): void {
    const { ticket } = this;
    if (ticket === null) return;
    // What was asked for may lack the newest id.
    this.asking?.abort();
    const abort = new AbortController();
    this.asking = abort;
    const { server, document, turn, timers } = this.context;
    const answer = this.events.card().then((card) => server.negotiate(document, card, abort.signal));
    whenAnswered(turn, answer, {
      wanted: () => this.asking === abort,
      done: (next) => {
        this.asking = null;
        const isSame =
          next.userId === ticket.userId &&
          next.generation === ticket.generation &&
          next.accessEpoch === ticket.accessEpoch;
        // Anything else is learned on the usual ways.
        if (isSame) this.events.renewed(next);
      },
      failed: () => {
        this.asking = null;
        timers.set("certificate", identityLimits.renewRetryMs, () => this.renew());
      },
    });
  }
}
