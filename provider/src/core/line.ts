import type { Context } from "./context.ts";
import { belongsTo, encodeFrame, type PeerFrame } from "./frame.ts";
import { connectionLimits } from "./limits.ts";
import type { GroupName, Instant, Link, Ticket } from "./ports.ts";
import type { Traffic } from "./replica-contract.ts";

export type Published = "accepted" | "full" | "down";

type State =
  | { readonly phase: "down" }
  | { readonly phase: "up"; readonly link: Link; readonly groups: Ticket["groups"] };

/** The way out: frames onto the current link, and the acks that prove that it still takes them (CN7). */
export class Line {
  private readonly context: Context;
  private readonly onDead: (reason: string) => void;
  private state: State = { phase: "down" };
  private confirmedAt: Instant | null = null;
  private framesIn = 0;
  private bytesIn = 0;
  private framesOut = 0;
  private bytesOut = 0;

  constructor(context: Context, onDead: (reason: string) => void) {
    this.context = context;
    this.onDead = onDead;
  }

  get traffic(): Traffic {
    const { framesIn, bytesIn, framesOut, bytesOut } = this;
    return { framesIn, bytesIn, framesOut, bytesOut };
  }

  get isUp(): boolean {
    return this.state.phase === "up";
  }

  up(link: Link, groups: Ticket["groups"]): void {
    this.state = { phase: "up", link, groups };
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

  publish(frame: PeerFrame): Published {
    if (this.state.phase === "down") return "down";
    const group = belongsTo(frame.kind, "data") ? this.state.groups.data : this.state.groups.presence;
    const bytes = encodeFrame(frame);
    const confirm = this.wantsConfirmation();
    const result = this.state.link.publish(group, bytes, confirm);
    if (result === "full") {
      // Edits are not lost by this: they are uploaded, and the next frame or tail shows the gap.
      this.context.drops.drop("line-full");
      return "full";
    }
    if (confirm) this.awaitConfirmation();
    this.framesOut++;
    this.bytesOut += bytes.length;
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

  count(bytes: Uint8Array): void {
    this.framesIn++;
    this.bytesIn += bytes.length;
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
