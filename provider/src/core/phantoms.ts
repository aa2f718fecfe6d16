import type { Context } from "./context.ts";
import type { Coverage } from "./coverage.ts";
import { durabilityLimits } from "./limits.ts";
import type { ClockRange, Instant } from "./ports.ts";

/** What was held at a check at which some of it could be saved by nobody. */
interface Held {
  readonly at: Instant;
  readonly held: Coverage;
}

/** SY9: words that the server does not have, whose author is gone, and which nobody here could save. */
export class Phantoms {
  private readonly context: Context;
  private readonly isPhantom: (range: ClockRange) => boolean;
  private first: Held | null = null;

  constructor(context: Context, isPhantom: (range: ClockRange) => boolean) {
    this.context = context;
    this.isPhantom = isPhantom;
  }

  forget(): void {
    this.first = null;
  }

  /** At a check: whether there are any, and whether their author had enough time to come back. */
  look(ours: Coverage, theirs: Coverage): "none" | "waiting" | "overdue" {
    const now = this.context.clock.now();
    if (this.first !== null && this.isAny(this.first.held, theirs)) {
      return now - this.first.at >= durabilityLimits.orphanMs ? "overdue" : "waiting";
    }
    this.first = this.isAny(ours, theirs) ? { at: now, held: ours } : null;
    return this.first === null ? "none" : "waiting";
  }

  private isAny(held: Coverage, theirs: Coverage): boolean {
    return held.missingFrom(theirs).structs.some(this.isPhantom);
  }
}
