import { unreachable } from "./assert.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import { belongsTo, decodeFrame, type EditFrame, type PeerFrame, type ServerFrame } from "./frame.ts";
import { presenceLimits, syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { noticeSigningBytes } from "./notice.ts";
import type { Crypto, GroupName, Ticket } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Publisher } from "./publisher.ts";
import type { Repair } from "./repair.ts";
import type { Sender } from "./replica-contract.ts";
import type { Room } from "./room.ts";
import { parseSender } from "./session-id.ts";

export interface InboundParts {
  readonly line: Line;
  readonly room: Room;
  readonly content: Content;
  readonly presence: Presence;
  readonly publisher: Publisher;
  readonly repair: Repair;
  readonly broadcasts: Broadcasts;
  readonly crypto: Crypto;
}

export interface InboundEvents {
  readonly rejected: () => void;
  readonly renegotiate: () => void;
  /** SY9, SY10: something happened in the room. */
  readonly active: () => void;
}

interface Waiting {
  readonly frame: EditFrame;
  readonly sender: Sender;
}

/** Everything that the service delivers: decoded, checked against group and sender, and handed on. */
export class Inbound {
  private readonly context: Context;
  private readonly parts: InboundParts;
  private readonly events: InboundEvents;
  private ticket: Ticket | null = null;
  private mode: "live" | "buffering" = "live";
  private buffer: Waiting[] = [];
  private bufferBytes = 0;
  private readonly counters = new Set<number>();

  constructor(context: Context, parts: InboundParts, events: InboundEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
  }

  get buffered(): number {
    return this.buffer.length;
  }

  /** SY1: from the join until the log is applied, data frames wait. */
  startBuffering(ticket: Ticket): void {
    this.ticket = ticket;
    this.mode = "buffering";
  }

  /** SY2: the log came first, now the frames. */
  replay(): void {
    this.mode = "live";
    const waiting = this.buffer;
    this.buffer = [];
    this.bufferBytes = 0;
    for (const { frame, sender } of waiting) this.parts.content.applyFrame(frame, sender.userId);
    this.parts.repair.gapFound();
  }

  /** The link is gone: what was buffered is a gap, and the next join's log has it. */
  drop(): void {
    this.mode = "live";
    this.buffer = [];
    this.bufferBytes = 0;
  }

  receive(group: GroupName, bytes: Uint8Array, fromUserId: string | null): void {
    this.parts.line.count(bytes);
    const { drops, session } = this.context;
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      drops.drop(decoded.problem);
      return;
    }
    const frame = decoded.value;
    const kindOfGroup = this.parts.line.groupOf(group);
    if (kindOfGroup === null || !belongsTo(frame.kind, kindOfGroup)) {
      // ID3
      drops.drop("wrong-group");
      return;
    }
    if (frame.kind === "server") {
      this.verify(group, frame, fromUserId);
      return;
    }
    const sender = fromUserId === null ? null : parseSender(fromUserId);
    if (sender === null || sender.session !== frame.session) {
      // ID2
      drops.drop("foreign-session");
      return;
    }
    if (sender.session === session) {
      drops.drop("own-echo");
      return;
    }
    if (!this.parts.content.sessionOwners.accepts(sender)) {
      // ID2
      drops.drop("foreign-session");
      return;
    }
    this.dispatch(frame, sender);
  }

  private dispatch(frame: PeerFrame, sender: Sender): void {
    const { room, presence, content, publisher, repair } = this.parts;
    if (frame.kind === "bye") {
      presence.left(sender.session);
      room.left(sender.session);
      return;
    }
    room.heard(sender);
    presence.alive(sender.session);
    switch (frame.kind) {
      case "edit":
        this.events.active();
        this.edit({ frame, sender });
        presence.receive(sender, frame.awareness);
        return;
      case "tail":
        content.gaps.hint(sender.session, frame.seq);
        repair.gapFound();
        return;
      case "pointer":
        content.gaps.hint(sender.session, frame.seqTo);
        // SY5: it is durable already: no need to wait for reordering.
        if (!content.gaps.seen(sender.session, frame.seqTo)) repair.pullSoon(syncLimits.gapMs / 4);
        repair.gapFound();
        return;
      case "hello":
        content.announce(frame.clientIds, sender.userId);
        room.hello();
        return;
      case "presence":
        content.announce(frame.clientIds, sender.userId);
        presence.receive(sender, frame.awareness);
        return;
      case "ask":
        if (frame.wanted === this.context.session) publisher.answerAsk(frame.seqFrom, frame.seqTo);
        return;
      case "broadcast":
        this.broadcast(frame.number, frame.bytes, sender);
        return;
      default:
        throw unreachable(frame);
    }
  }

  private edit(waiting: Waiting): void {
    if (this.mode === "live") {
      this.parts.content.applyFrame(waiting.frame, waiting.sender.userId);
      this.parts.repair.gapFound();
      return;
    }
    // Known to exist, whatever becomes of the buffer.
    this.parts.content.gaps.hint(waiting.sender.session, waiting.frame.seqTo);
    this.buffer.push(waiting);
    this.bufferBytes += waiting.frame.update.length;
    while (this.buffer.length > syncLimits.bufferedFramesMax || this.bufferBytes > syncLimits.bufferedBytesMax) {
      this.bufferBytes -= this.buffer.shift()?.frame.update.length ?? 0;
      this.context.drops.drop("buffer-full");
    }
  }

  private broadcast(number: number, bytes: Uint8Array, from: Sender): void {
    const { drops, emit } = this.context;
    if (bytes.length > presenceLimits.broadcastBytesMax) {
      drops.drop("broadcast-too-large");
      return;
    }
    if (!this.parts.broadcasts.isNew(from.session, number)) {
      drops.drop("duplicate-broadcast");
      return;
    }
    emit({ type: "broadcast", from, bytes });
  }

  /** ID5: a server frame has no `fromUserId`, is of this group, generation and epoch, is signed, and comes once. */
  private verify(group: GroupName, frame: ServerFrame, fromUserId: string | null): void {
    const { drops, turn } = this.context;
    const { ticket } = this;
    const isOurs = frame.generation === ticket?.generation && frame.accessEpoch === ticket.accessEpoch;
    if (ticket === null || fromUserId !== null || frame.group !== group || !isOurs) {
      drops.drop("stale-notice");
      return;
    }
    if (this.counters.has(frame.counter)) {
      drops.drop("duplicate-notice");
      return;
    }
    void this.parts.crypto.verify(ticket.serverKey, noticeSigningBytes(frame), frame.signature).then(
      (valid) => turn.post(() => (valid && this.ticket === ticket ? this.notice(frame) : drops.drop("bad-signature"))),
      () => drops.drop("bad-signature"),
    );
  }

  private notice({ counter, notice }: ServerFrame): void {
    const { content, presence, room, repair } = this.parts;
    if (this.counters.has(counter)) {
      this.context.drops.drop("duplicate-notice");
      return;
    }
    this.counters.add(counter);
    if (this.counters.size > syncLimits.noticesMax)
      this.counters.delete(this.counters.values().next().value ?? counter);
    switch (notice.type) {
      case "stored":
        this.events.active();
        if (notice.cursor !== repair.cursor) repair.pullSoon(syncLimits.gapMs / 4);
        return;
      case "reject":
        // DU9: frames carry batches, not upload numbers: any batch of that session may have been in it.
        if (notice.session === this.context.session || content.gaps.knows(notice.session)) this.events.rejected();
        return;
      case "renegotiate":
        this.events.renegotiate();
        return;
      case "bye":
        presence.left(notice.session);
        room.left(notice.session);
        return;
      default:
        throw unreachable(notice);
    }
  }
}
