import { paceLimits, presenceLimits, syncLimits } from "./limits.ts";
import type { Clock, Instant, SessionId } from "./ports.ts";
import type { PaceOptions } from "./replica-contract.ts";

/** What a replica that is not told otherwise does. */
const defaults: PaceOptions = { policy: "responsive", unitsPerHour: null };

/** SY5, PR2: how long changes wait for one another before they leave in one frame: by room, policy and budget. */
export class Pace {
  private readonly clock: Clock;
  private readonly options: PaceOptions;
  private readonly writers = new Map<SessionId, Instant>();
  /** Units that may still be spent; below 0: too much was. */
  private allowance: number;
  private allowedAt: Instant;

  constructor(clock: Clock, options: PaceOptions = defaults) {
    this.clock = clock;
    this.options = options;
    this.allowance = this.allowanceMax;
    this.allowedAt = clock.now();
  }

  /** An edit of another session came. */
  heardEdit(session: SessionId): void {
    this.writers.delete(session);
    this.writers.set(session, this.clock.now());
    if (this.writers.size <= syncLimits.sessionsMax) return;
    this.writers.delete(this.writers.keys().next().value ?? session);
  }

  /** The service bills so many units for a frame of ours. */
  spent(units: number): void {
    if (this.options.unitsPerHour === null) return;
    this.allowance = Math.max(-this.allowanceMax, this.allowanceNow() - units);
    this.allowedAt = this.clock.now();
  }

  /** SY5: so that all who write share the deliveries that the policy grants a room. `members`: with this one. */
  editWindowMs(members: number): number {
    const { deliveriesPerSecond, windowMsMin, windowMsMax } = paceLimits[this.options.policy];
    const shareMs = ((this.writersOfLate() + 1) * (members - 1) * 1_000) / deliveriesPerSecond;
    return this.stretched(Math.min(windowMsMax, Math.max(windowMsMin, shareMs)), members);
  }

  /** PR2: one window, times the members who moved of late. */
  presenceWindowMs(members: number, movers: number): number {
    const { windowMsMin, windowMsMax } = paceLimits[this.options.policy];
    return this.stretched(Math.min(windowMsMax, windowMsMin * (movers + 1)), members);
  }

  /** From half of the allowance on windows grow, up to what the budget bears for ever; edits wait, none is lost. */
  private stretched(windowMs: number, members: number): number {
    const { unitsPerHour } = this.options;
    if (unitsPerHour === null) return windowMs;
    const used = 1 - this.allowanceNow() / this.allowanceMax;
    if (used <= paceLimits.budgetEasy) return windowMs;
    const bearableMs = ((members - 1) * 3_600_000) / unitsPerHour;
    if (bearableMs <= windowMs) return windowMs;
    const strain = (used - paceLimits.budgetEasy) / (1 - paceLimits.budgetEasy);
    return Math.min(paceLimits.budgetWindowMsMax, windowMs + (bearableMs - windowMs) * strain);
  }

  private get allowanceMax(): number {
    return ((this.options.unitsPerHour ?? 0) * paceLimits.budgetBurstMs) / 3_600_000;
  }

  private allowanceNow(): number {
    const earned = ((this.options.unitsPerHour ?? 0) * (this.clock.now() - this.allowedAt)) / 3_600_000;
    return Math.min(this.allowanceMax, this.allowance + earned);
  }

  private writersOfLate(): number {
    const now = this.clock.now();
    for (const [session, at] of this.writers) {
      if (now - at <= presenceLimits.moverMs) break;
      this.writers.delete(session);
    }
    return this.writers.size;
  }
}
