import { unreachable } from "./assert.ts";
import type { Context } from "./context.ts";
import type { ServerFrame } from "./frame.ts";
import { syncLimits } from "./limits.ts";
import { noticeSigningBytes } from "./notice.ts";
import type { Crypto, Cursor, GroupName, SessionId, Ticket } from "./ports.ts";
import type { PublishedEntry } from "./published-entry.ts";

export interface NoticeEvents {
  readonly stored: (cursor: Cursor) => void;
  readonly rejected: (session: SessionId) => void;
  readonly renegotiate: () => void;
  readonly left: (session: SessionId) => void;
  /** AU2. */
  readonly entries: (entries: readonly PublishedEntry[]) => void;
}

/** ID5: what the server says in a room: signed, of this place, and once. */
export class ServerNotices {
  private readonly context: Context;
  private readonly crypto: Crypto;
  private readonly events: NoticeEvents;
  private readonly counters = new Set<number>();

  constructor(context: Context, crypto: Crypto, events: NoticeEvents) {
    this.context = context;
    this.crypto = crypto;
    this.events = events;
  }

  /** `ticket` answers the one in force, also when the signature was checked. */
  receive(group: GroupName, frame: ServerFrame, fromUserId: string | null, ticket: () => Ticket | null): void {
    const { drops, turn } = this.context;
    const here = ticket();
    const isOurs = frame.generation === here?.generation && frame.accessEpoch === here.accessEpoch;
    if (here === null || fromUserId !== null || frame.group !== group || !isOurs) {
      drops.drop("stale-notice");
      return;
    }
    if (this.counters.has(frame.counter)) {
      drops.drop("duplicate-notice");
      return;
    }
    void this.crypto.verify(here.serverKey, noticeSigningBytes(frame), frame.signature).then(
      (valid) => turn.post(() => (valid && ticket() === here ? this.take(frame) : drops.drop("bad-signature"))),
      () => drops.drop("bad-signature"),
    );
  }

  private take({ counter, notice }: ServerFrame): void {
    if (this.counters.has(counter)) {
      this.context.drops.drop("duplicate-notice");
      return;
    }
    this.counters.add(counter);
    if (this.counters.size > syncLimits.noticesMax)
      this.counters.delete(this.counters.values().next().value ?? counter);
    switch (notice.type) {
      case "stored":
        this.events.stored(notice.cursor);
        return;
      case "reject":
        this.events.rejected(notice.session);
        return;
      case "renegotiate":
        this.events.renegotiate();
        return;
      case "bye":
        this.events.left(notice.session);
        return;
      case "entries":
        this.events.entries(notice.entries);
        return;
      default:
        throw unreachable(notice);
    }
  }
}
