import { unreachable } from "./assert.ts";
import type { Context } from "./context.ts";
import {
  belongsTo,
  decodeFrame,
  type Frame,
  type FrameKind,
  innermost,
  type PeerFrame,
  type SignedFrame,
} from "./frame.ts";
import { FrameBuffer, type HeardEdit } from "./frame-buffer.ts";
import { Gate } from "./gate.ts";
import type { InboundEvents, InboundParts } from "./inbound-parts.ts";
import { Introductions } from "./introductions.ts";
import { durabilityLimits, syncLimits } from "./limits.ts";
import { partOf } from "./live-edit.ts";
import type { GroupName, SessionId, Ticket } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";
import { ServerNotices } from "./server-notices.ts";
import { ServerWord } from "./server-word.ts";
import { parseSender } from "./session-id.ts";
import { Strangers } from "./strangers.ts";

type Said = PeerFrame | SignedFrame;

/** Everything that the service delivers: decoded, checked against group and sender, and handed on. */
export class Inbound {
  private readonly context: Context;
  private readonly parts: InboundParts;
  private readonly events: InboundEvents;
  private ticket: Ticket | null = null;
  private mode: "live" | "buffering" = "live";
  private readonly buffer: FrameBuffer;
  private readonly gate: Gate;
  private readonly strangers: Strangers;
  private readonly notices: ServerNotices;
  private readonly serverWord: ServerWord;

  constructor(context: Context, parts: InboundParts, events: InboundEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
    this.buffer = new FrameBuffer(context);
    this.strangers = new Strangers(context, () => {
      // Where frames are signed, a stranger's hello is not heard: who asks shows its own card first.
      if (parts.identity.mode === "signed") parts.greeting.introduce();
      parts.room.askAgain();
    });
    const introductions = new Introductions(parts, (clientIds, sender) => this.announce(clientIds, sender));
    this.gate = new Gate(context, parts, {
      passed: (frame, sender) => this.passed(frame, sender),
      card: (card, sender, signed, bytes) => introductions.shown(card, sender, signed, bytes),
      repeated: (card, sender, bytes) => introductions.repeated(card, sender, bytes),
      unknown: () => this.strangers.heard(),
    });
    const { content, repair, crypto, pace } = parts;
    this.serverWord = new ServerWord(
      context,
      { content, repair, crypto, pace },
      { edit: (heard) => this.edit(heard), ticket: () => this.ticket },
    );
    this.notices = new ServerNotices(context, parts.crypto, {
      stored: (cursor) => {
        events.active();
        if (cursor !== repair.cursor) repair.pullSoon(parts.room.pullSpreadMs);
      },
      // DU9: frames carry batches, not upload numbers: any batch of that session may have been in it.
      rejected: (session) =>
        session === context.session || content.gaps.knows(session) ? events.rejected() : undefined,
      renegotiate: () => events.renegotiate(),
      left: (session) => this.gate.inTurn(() => this.left(session)),
      entries: (entries) => {
        events.active();
        this.serverWord.published(entries);
      },
    });
  }

  negotiated(ticket: Ticket): void {
    this.gate.negotiated(ticket);
  }

  get buffered(): number {
    return this.buffer.size;
  }

  /** SY1: from the join until the log is applied, data frames wait. */
  startBuffering(ticket: Ticket): void {
    this.ticket = ticket;
    this.mode = "buffering";
  }

  /** SY2: the log came first, now the frames. */
  replay(): void {
    this.mode = "live";
    for (const each of this.buffer.take()) this.apply(each);
    this.parts.repair.gapFound();
  }

  /** The link is gone: what was buffered is a gap, and the next join's log has it. */
  drop(): void {
    this.mode = "live";
    this.gate.leave();
    this.buffer.take();
  }

  receive(group: GroupName, bytes: Uint8Array, fromUserId: string | null): void {
    const { drops, session } = this.context;
    const decoded = decodeFrame(bytes);
    this.parts.line.received(decoded.ok ? kindOf(decoded.value) : "unreadable", bytes);
    if (!decoded.ok) {
      drops.drop(decoded.problem);
      return;
    }
    const frame = decoded.value;
    const kindOfGroup = this.parts.line.groupOf(group);
    if (kindOfGroup === null || !belongsTo(frame, kindOfGroup)) {
      // ID3
      drops.drop("wrong-group");
      return;
    }
    if (kindOfGroup === "data" && frame.kind !== "server" && this.ticket?.mode === "authoritative") {
      // AU1: only what the server has stored counts, whatever the service let through.
      drops.drop("not-from-server");
      return;
    }
    if (frame.kind === "server") {
      this.notices.receive(group, frame, fromUserId, () => this.ticket);
      return;
    }
    const stamped = fromUserId === null ? null : parseSender(fromUserId);
    const said = innermost(frame);
    if (said.session === session) {
      drops.drop(stamped?.session === session ? "own-echo" : "foreign-session");
      return;
    }
    if (this.parts.identity.mode === "signed") this.receiveSigned(frame, bytes, stamped);
    else if (said.kind === "bye") this.gate.inTurn(() => this.receiveStamped(frame, said, bytes, stamped));
    else this.receiveStamped(frame, said, bytes, stamped);
  }

  /** ID8: what is not signed was said by nobody. */
  private receiveSigned(frame: Said, bytes: Uint8Array, stamped: Sender | null): void {
    if (frame.kind !== "signed") this.context.drops.drop("unsigned");
    else if (stamped === null || this.parts.flood.admits(stamped.session, bytes.length)) {
      this.gate.receive(frame, bytes, stamped);
    }
  }

  /** ID2: the service says who sends. */
  private receiveStamped(frame: Said, said: PeerFrame, bytes: Uint8Array, sender: Sender | null): void {
    if (sender !== null && sender.session !== said.session) {
      this.receiveShared(frame, said, bytes, sender);
      return;
    }
    if (sender === null || !this.parts.content.sessionOwners.accepts(sender)) {
      this.context.drops.drop("foreign-session");
      return;
    }
    if (!this.parts.flood.admits(sender.session, bytes.length)) return;
    if (said.kind === "card") this.gate.receiveCard(said, sender, frame.kind === "signed" ? frame : null, bytes);
    this.dispatch(said, sender);
  }

  /** CN10: the service names the session that dialled; another one on its connection must have shown its certificate. */
  private receiveShared(frame: Said, said: PeerFrame, bytes: Uint8Array, dialled: Sender): void {
    const { flood, members, content, room } = this.parts;
    if (!flood.admits(dialled.session, bytes.length)) return;
    const sender = { session: said.session, userId: dialled.userId };
    if (said.kind === "card") this.gate.receiveCard(said, sender, frame.kind === "signed" ? frame : null, bytes);
    const isShown = members.certificate(said.session)?.userId === sender.userId;
    if (isShown && content.sessionOwners.accepts(sender)) this.dispatch(said, sender);
    else if (said.kind === "hello") room.hello();
    else if (said.kind === "roster") this.gate.receiveRoster(said.cards);
    else if (said.kind !== "card") {
      this.context.drops.drop("foreign-session");
      this.strangers.heard();
      // Perhaps its card was lost: what it said is in the log soon.
      this.parts.repair.pullSoon(durabilityLimits.uploadAgeMsMax);
    }
  }

  /** ID8: a frame whose signature holds. */
  private passed(frame: SignedFrame, sender: Sender): void {
    const { inner } = frame;
    if (inner.kind === "edit") this.parts.batches.keep(frame, inner);
    this.dispatch(inner, sender);
  }

  private dispatch(frame: PeerFrame, sender: Sender): void {
    const { room, presence, content, publisher, repair, greeting } = this.parts;
    if (frame.kind === "bye") {
      this.left(sender.session);
      return;
    }
    room.heard(sender);
    presence.alive(sender.session);
    switch (frame.kind) {
      case "edit":
        this.events.active();
        this.parts.pace.heardEdit(sender.session);
        this.edit({ frame, sender, by: "member" });
        presence.receive(sender, frame.awareness);
        return;
      case "chunk":
        this.events.active();
        this.edit({ frame: partOf(frame), sender, by: "member" });
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
      case "receipt":
        this.serverWord.receipt(frame, sender);
        return;
      case "hello":
        this.announce(frame.clientIds, sender);
        // TB3: a tab of this browser was answered without the service.
        if (!this.parts.siblings.has(sender.session)) room.hello();
        return;
      case "presence":
        greeting.heardWithoutCard(sender.session);
        this.announce(frame.clientIds, sender);
        if (!presence.receive(sender, frame.awareness)) this.parts.flood.strike(sender.session);
        return;
      case "card":
        // What it says counts once its certificate was checked.
        return;
      case "roster":
        greeting.heardRoster(sender.session, frame.cards);
        this.gate.receiveRoster(frame.cards);
        return;
      case "ask":
        if (frame.wanted === this.context.session) publisher.answerAsk(frame.seqFrom, frame.seqTo);
        return;
      case "broadcast":
        this.parts.broadcasts.receive(sender, frame.number, frame.bytes);
        return;
      default:
        throw unreachable(frame);
    }
  }

  private left(session: SessionId): void {
    const { presence, content, greeting, members, room } = this.parts;
    for (const each of [presence, content, greeting, members, room]) each.left(session);
  }

  private announce(clientIds: readonly number[], { session, userId }: Sender): void {
    this.parts.content.announce(clientIds, userId);
    if (userId === this.ticket?.userId) this.events.sameUser(session, clientIds);
  }

  /** ID10: what it cost, and whether it was fit to be sent. */
  private apply({ frame, sender, by }: HeardEdit): void {
    const { content, flood, repair } = this.parts;
    const before = this.context.clock.now();
    const outcome = content.applyFrame(frame, sender.userId);
    flood.charge(sender.session, this.context.clock.now() - before);
    if (outcome !== "invalid") return;
    if (by === "member") flood.strike(sender.session);
    else repair.pullSoon(syncLimits.gapMs / 4);
  }

  private edit(heard: HeardEdit): void {
    if (this.mode === "live") {
      this.apply(heard);
      this.parts.repair.gapFound();
      return;
    }
    // Known to exist, whatever becomes of the buffer.
    this.parts.content.gaps.hint(heard.sender.session, heard.frame.seqTo);
    this.buffer.add(heard);
  }
}

/** What was said, signed or not. */
function kindOf(frame: Frame): FrameKind {
  return frame.kind === "server" ? "server" : innermost(frame).kind;
}
