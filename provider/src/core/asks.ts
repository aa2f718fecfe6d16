import type { Context } from "./context.ts";
import type { Gap } from "./gaps.ts";
import { syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";

/** SY8: while the server cannot be reached, the author of a gap is asked for it once. */
export class Asks {
  private readonly context: Context;
  private readonly line: Line;
  private readonly asked = new Set<string>();

  constructor(context: Context, line: Line) {
    this.context = context;
    this.line = line;
  }

  ask(gaps: readonly Gap[]): void {
    for (const { session, seqFrom, seqTo } of gaps.slice(0, syncLimits.asksMax)) {
      const key = `${session} ${seqFrom}`;
      if (this.asked.has(key)) continue;
      const frame = { kind: "ask", session: this.context.session, wanted: session, seqFrom, seqTo } as const;
      if (this.line.publish(frame) !== "accepted") return;
      this.asked.add(key);
      if (this.asked.size > syncLimits.asksMax) this.asked.delete(this.asked.values().next().value ?? key);
    }
  }

  /** The server answers again: a later outage asks anew. */
  forget(): void {
    this.asked.clear();
  }
}
