import type { Context } from "./context.ts";
import { connectionLimits } from "./limits.ts";

/** The core's own slow beat: it expires what is silent, and its lateness shows a frozen tab (CN8). */
export class Heartbeat {
  private readonly context: Context;
  private readonly beat: () => void;
  private readonly thawed: () => void;

  constructor(context: Context, on: { readonly beat: () => void; readonly thawed: () => void }) {
    this.context = context;
    this.beat = on.beat;
    this.thawed = on.thawed;
  }

  start(): void {
    const { clock, timers } = this.context;
    const due = clock.now() + connectionLimits.heartbeatMs;
    timers.set("heartbeat", connectionLimits.heartbeatMs, () => {
      const lateMs = clock.now() - due;
      this.start();
      this.beat();
      if (lateMs > connectionLimits.freezeMs) this.thawed();
    });
  }
}
