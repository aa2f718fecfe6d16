import type { Context } from "./context.ts";
import { syncLimits } from "./limits.ts";

/** SY10: while there is no link, the log is read again and again: soon after activity, then less often. */
export class Polling {
  private readonly context: Context;
  private readonly pull: () => void;
  private state: "off" | "on" = "off";
  private intervalMs: number = syncLimits.pollMsFirst;

  constructor(context: Context, pull: () => void) {
    this.context = context;
    this.pull = pull;
  }

  start(firstMs: number): void {
    this.state = "on";
    this.intervalMs = firstMs;
    this.schedule();
  }

  stop(): void {
    this.state = "off";
    this.context.timers.clear("poll");
  }

  active(): void {
    if (this.state === "off" || this.intervalMs === syncLimits.pollMsFirst) return;
    this.intervalMs = syncLimits.pollMsFirst;
    this.schedule();
  }

  /** A pull is through: the next one follows. A failed one is repeated by `Repair` itself. */
  answered(news: boolean): void {
    if (this.state === "off") return;
    this.intervalMs = news ? syncLimits.pollMsFirst : Math.min(syncLimits.pollMsMax, this.intervalMs * 2);
    this.schedule();
  }

  private schedule(): void {
    this.context.timers.set("poll", this.intervalMs * (0.75 + this.context.random.next() / 4), () => this.pull());
  }
}
