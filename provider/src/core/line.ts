import type { Context } from "./context.ts";
import { belongsTo, encodeFrame, type FrameKind, innermost, type PeerFrame, type SignedFrame } from "./frame.ts";
import type { Identity } from "./identity.ts";
import { connectionLimits } from "./limits.ts";
import type { Pace } from "./pace.ts";
import type { GroupName, Instant, Link, Ticket } from "./ports.ts";
import type { Traffic } from "./replica-contract.ts";
import type { TrafficMeter } from "./traffic.ts";

export type Published = "accepted" | "full" | "down";

type State =
  | { readonly phase: "down" }
  | { readonly phase: "up"; readonly link: Link; readonly groups: Ticket["groups"] };

export interface LineParts {
  readonly meter: TrafficMeter;
  readonly pace: Pace;
  readonly identity: Identity;
  /** Who else is known to be in the room. */
  readonly listeners: () => number;
}

/** The way out: frames onto the current link, and the acks that prove that it still takes them (CN7). */
export class Line {
  private readonly context: Context;
  private readonly onDead: (reason: string) => void;
  private state: State = { phase: "down" };
  private confirmedAt: Instant | null = null;
  private voice: "speaks" | "left" = "speaks";
  private readonly meter: TrafficMeter;
  private readonly pace: Pace;
  private readonly identity: Identity;
  private readonly listeners: () => number;

  constructor(context: Context, parts: LineParts, onDead: (reason: string) => void) {
    this.context = context;
    this.meter = parts.meter;
    this.pace = parts.pace;
    this.identity = parts.identity;
    this.listeners = parts.listeners;
    this.onDead = onDead;
  }

  get traffic(): Traffic {
    return this.meter.total;
  }

  get isUp(): boolean {
    return this.state.phase === "up";
  }

  up(link: Link, groups: Ticket["groups"]): void {
    this.state = { phase: "up", link, groups };
    this.voice = "speaks";
    this.confirmedAt = null;
    this.context.timers.clear("confirm");
  }

  down(): void {
    this.state = { phase: "down" };
    this.context.timers.clear("confirm");
  }

  groupOf(group: GroupName): "data" | "presence" | null {
    if (this.state.phase === "down") return null;
    if (group === this.state.groups.data) return "data";
    return group === this.state.groups.presence ? "presence" : null;
  }

  /** ID8: in signed mode "accepted" means: signed and sent in its turn, unless the link goes first. */
  publish(frame: PeerFrame): Published {
    const { state } = this;
    if (state.phase === "down") return "down";
    if (this.identity.mode === "stamped") return this.send(frame);
    return this.identity.seal(frame, (sealed) => (this.state === state ? void this.send(sealed) : undefined));
  }

  /** PR3: now or never: the signature, where one is needed, was made when the session joined. */
  sayBye(): void {
    const signed = this.identity.takeBye();
    if (signed === null) this.publish({ kind: "bye", session: this.context.session });
    else this.send(signed);
    this.voice = "left";
  }

  /** PR3: a page that goes away runs on for a moment: whatever it showed then would stay with the others. */
  get hasLeft(): boolean {
    return this.voice === "left";
  }

  /** The page that said bye is back. */
  comeBack(): void {
    this.voice = "speaks";
  }

  send(frame: PeerFrame | SignedFrame): Published {
    if (this.state.phase === "down" || (this.hasLeft && showsPresence(innermost(frame)))) return "down";
    const group = belongsTo(frame, "data") ? this.state.groups.data : this.state.groups.presence;
    const bytes = encodeFrame(frame);
    const confirm = this.wantsConfirmation();
    const result = this.state.link.publish(group, bytes, confirm);
    if (result === "full") {
      // Edits are not lost by this: they are uploaded, and the next frame or tail shows the gap.
      this.context.drops.drop("line-full");
      return "full";
    }
    if (confirm) this.awaitConfirmation();
    this.pace.spent(this.meter.published(innermost(frame).kind, bytes.length, this.listeners()));
    return "accepted";
  }

  /** CN8: the next frame asks for an ack, however recent the last one. */
  doubt(): void {
    this.confirmedAt = null;
  }

  confirmed(): void {
    this.context.timers.clear("confirm");
  }

  unconfirmed(reason: string): void {
    this.context.timers.clear("confirm");
    this.onDead(`publish refused: ${reason}`);
  }

  received(kind: FrameKind | "unreadable", bytes: Uint8Array): void {
    this.meter.received(kind, bytes.length);
  }

  private wantsConfirmation(): boolean {
    if (this.confirmedAt === null) return true;
    return this.context.clock.now() - this.confirmedAt >= connectionLimits.confirmEveryMs;
  }

  private awaitConfirmation(): void {
    this.confirmedAt = this.context.clock.now();
    this.context.timers.set("confirm", connectionLimits.confirmMsMax, () => this.onDead("publish not acknowledged"));
  }
}

function showsPresence({ kind }: PeerFrame): boolean {
  return kind === "presence" || kind === "card" || kind === "roster" || kind === "hello" || kind === "broadcast";
}
