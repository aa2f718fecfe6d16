import type { Broadcasts } from "./broadcasts.ts";
import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import { decodeFrame, encodeFrame, type PeerFrame } from "./frame.ts";
import { presenceLimits, syncLimits } from "./limits.ts";
import type { Batch, Outbox } from "./outbox.ts";
import type { SessionId, TabIdentity, TabLink, TabMessage, Tabs } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Repair } from "./repair.ts";
import type { Sender } from "./replica-contract.ts";
import type { Room } from "./room.ts";
import { parseSender, senderName } from "./session-id.ts";

export interface SiblingParts {
  readonly tabs: Tabs | undefined;
  readonly outbox: Outbox;
  readonly content: Content;
  readonly presence: Presence;
  readonly repair: Repair;
  readonly room: Room;
  readonly broadcasts: Broadcasts;
  readonly clientIds: () => readonly number[];
}

/**
 * TB: other tabs of this browser on the same document. Batches and presence go to them directly, whatever the network does;
 * they are no reason to publish anything, because they have it already.
 */
export class Siblings {
  private readonly context: Context;
  private readonly parts: SiblingParts;
  private readonly known = new Set<SessionId>();
  private link: TabLink | null = null;
  private identity: TabIdentity | null = null;
  private voice: "speaks" | "left" = "speaks";

  constructor(context: Context, parts: SiblingParts) {
    this.context = context;
    this.parts = parts;
  }

  has(session: SessionId): boolean {
    return this.known.has(session);
  }

  get count(): number {
    return this.known.size;
  }

  /** TB1: who this session is, from a ticket or from the local copy: only tabs of the same user and content are heard. */
  identified(identity: TabIdentity): void {
    const before = this.identity;
    this.identity = identity;
    this.link ??= this.parts.tabs?.open((message) => this.context.turn.post(() => this.receive(message))) ?? null;
    if (before?.userId === identity.userId && before.generation === identity.generation) return;
    this.greet();
  }

  /** The page goes away: it may come back. */
  sayBye(): void {
    this.post({ kind: "bye", session: this.context.session });
    this.voice = "left";
  }

  get hasLeft(): boolean {
    return this.voice === "left";
  }

  /** After a sleep nobody knows who is still here. */
  greet(): void {
    this.voice = "speaks";
    this.forgetAll();
    this.post({ kind: "hello", session: this.context.session, round: 0, clientIds: this.parts.clientIds() });
    this.postPresence();
  }

  /** Says bye and listens no more; `identified` starts anew. */
  leave(): void {
    this.sayBye();
    this.link?.close();
    this.link = null;
    this.identity = null;
    this.forgetAll();
    this.context.timers.clear("tab-presence");
  }

  /** TB2: each batch as it is numbered, also those that are not published. */
  tell(batches: readonly Batch[]): void {
    if (this.known.size === 0 || this.identity?.role !== "writer") return;
    const { session } = this.context;
    for (const { seqFrom, seqTo, update } of batches) {
      this.post({ kind: "edit", session, seqFrom, seqTo, update, awareness: new Uint8Array(0) });
    }
  }

  presenceChanged(): void {
    if (this.known.size === 0) return;
    this.context.timers.setOnce("tab-presence", presenceLimits.tabWindowMs, () => this.postPresence());
  }

  /** False: nobody is there to hear it. */
  broadcast(number: number, bytes: Uint8Array): boolean {
    if (this.known.size === 0) return false;
    this.post({ kind: "broadcast", session: this.context.session, number, bytes });
    return true;
  }

  private receive({ sender, generation, bytes }: TabMessage): void {
    const { drops, session } = this.context;
    const from = parseSender(sender);
    const isOurs = from?.userId === this.identity?.userId && generation === this.identity?.generation;
    if (from === null || !isOurs || from.session === session) {
      drops.drop("foreign-tab");
      return;
    }
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      drops.drop(decoded.problem);
      return;
    }
    const frame = decoded.value;
    if (frame.kind === "server" || frame.kind === "signed" || frame.session !== from.session) {
      drops.drop("foreign-tab");
      return;
    }
    this.dispatch(frame, from);
  }

  private dispatch(frame: PeerFrame, from: Sender): void {
    const { content, presence, repair, room, broadcasts } = this.parts;
    const { session } = frame;
    if (frame.kind === "bye") {
      this.known.delete(session);
      presence.left(session);
      room.left(session);
      return;
    }
    this.know(session);
    switch (frame.kind) {
      case "hello":
        content.announce(frame.clientIds, from.userId);
        this.answer();
        return;
      case "presence":
        content.announce(frame.clientIds, from.userId);
        presence.receive(from, frame.awareness, "tab");
        return;
      case "edit":
        content.applyFrame(frame, null);
        repair.gapFound();
        return;
      case "tail":
        content.gaps.hint(session, frame.seq);
        repair.gapFound();
        return;
      case "broadcast":
        if (broadcasts.isNew(session, frame.number)) {
          this.context.emit({ type: "broadcast", from, bytes: frame.bytes });
        }
        return;
      default:
        this.context.drops.drop("foreign-tab");
    }
  }

  private know(session: SessionId): void {
    if (this.known.size >= syncLimits.sessionsMax) return;
    this.known.add(session);
    this.parts.room.sibling(session);
  }

  /** TB3: what a tab that comes cannot read anywhere: presence, and batches without a receipt. */
  private answer(): void {
    this.postPresence();
    const { unsaved, seq } = this.parts.outbox;
    if (unsaved.length > 0) this.tell(unsaved);
    else if (seq > 0) this.post({ kind: "tail", session: this.context.session, seq });
  }

  private postPresence(): void {
    if (this.hasLeft) return;
    const { session } = this.context;
    const { presence, clientIds } = this.parts;
    this.post({ kind: "presence", session, clientIds: clientIds(), awareness: presence.peek() });
  }

  private post(frame: PeerFrame): void {
    if (this.link === null || this.identity === null) return;
    const { userId, generation } = this.identity;
    this.link.post({ sender: senderName(this.context.session, userId), generation, bytes: encodeFrame(frame) });
  }

  private forgetAll(): void {
    for (const session of this.known) {
      this.parts.presence.left(session);
      this.parts.room.left(session);
    }
    this.known.clear();
  }
}
