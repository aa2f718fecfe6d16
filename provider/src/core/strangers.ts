import type { Context } from "./context.ts";
import { identityLimits } from "./limits.ts";
import type { Instant } from "./ports.ts";

/** ID7: members who speak and whose card was never seen here: they are asked for it, at longer and longer intervals. */
export class Strangers {
  private readonly context: Context;
  private readonly ask: () => void;
  private waitMs: number = identityLimits.askCardMs;
  private askedAt: Instant | null = null;

  /** `ask` has the whole room answer: one stranger who never shows a card must not have it do so all the time. */
  constructor(context: Context, ask: () => void) {
    this.context = context;
    this.ask = ask;
  }

  heard(): void {
    const { clock, timers } = this.context;
    if (this.askedAt !== null && clock.now() - this.askedAt > 2 * identityLimits.askCardMsMax)
      this.waitMs = identityLimits.askCardMs;
    timers.setOnce("card-ask", this.waitMs, () => {
      this.askedAt = clock.now();
      this.waitMs = Math.min(2 * this.waitMs, identityLimits.askCardMsMax);
      this.ask();
    });
  }
}
