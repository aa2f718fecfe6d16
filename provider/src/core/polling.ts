import type { Context } from "./context.ts";
import { syncLimits } from "./limits.ts";

/**
 * SY10: while there is no link, the log is read again and again: soon after activity, then less often. A server that
 * answers slowly is asked less often still: when everybody comes back at once, there are better questions.
 */
export class Polling {
  private readonly context: Context;
  private readonly pull: () => void;
  private state: "off" | "on" = "off";
  private intervalMs: number = syncLimits.pollMsFirst;
  /** However soon the next poll is wanted. */
  private pauseMs = 0;

  constructor(context: Context, pull: () => void) {
    this.context = context;
    this.pull = pull;
  }

  /** Nothing, if it is on. */
  start(firstMs: number): void {
    if (this.state === "on") return;
    this.state = "on";
    this.intervalMs = firstMs;
    this.schedule();
  }

  /** A dial failed: it may take a while. What was being read was given up. */
  noLink(): void {
    if (this.state === "off") return;
    if (this.intervalMs === syncLimits.pollMsFirst) this.schedule("if-none");
    else this.active();
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
  answered(news: boolean, tookMs: number): void {
    if (this.state === "off") return;
    this.intervalMs = news ? syncLimits.pollMsFirst : Math.min(syncLimits.pollMsMax, this.intervalMs * 2);
    this.pauseMs = Math.min(syncLimits.pollMsMax, tookMs * syncLimits.pollPause);
    this.schedule();
  }

  private schedule(how: "anew" | "if-none" = "anew"): void {
    const { timers, random } = this.context;
    const delayMs = Math.max(this.intervalMs, this.pauseMs) * (0.75 + random.next() / 4);
    if (how === "anew") timers.set("poll", delayMs, this.pull);
    else timers.setOnce("poll", delayMs, this.pull);
  }
}
