import type { Cancel, Clock } from "./ports.ts";
import type { Tasks } from "./turn.ts";

export type TimerName =
  | "ask"
  | "card-ask"
  | "certificate"
  | "check"
  | "confirm"
  | "dial"
  | "gap"
  | "heartbeat"
  | "hello-answer"
  | "hello-deadline"
  | "hello-round"
  | "link-lost"
  | "old-member"
  | "poll"
  | "presence"
  | "presence-renewal"
  | "pull"
  | "recovery"
  | "reconnect"
  | "reload"
  | "roster"
  | "steady"
  | "tab-presence"
  | "tail"
  | "upload-age"
  | "upload-quiet"
  | "upload-retry"
  | "window";

/** One timer a name, on the Clock port, fired on the replica's turn. */
export class Timers {
  private readonly pending = new Map<TimerName, Cancel>();
  private readonly clock: Clock;
  private readonly turn: Tasks;

  constructor(clock: Clock, turn: Tasks) {
    this.clock = clock;
    this.turn = turn;
  }

  /** Replaces the timer of that name. */
  set(name: TimerName, delayMs: number, fire: () => void): void {
    this.clear(name);
    const cancel = this.clock.after(delayMs, () => {
      this.turn.post(() => {
        if (this.pending.get(name) !== cancel) return;
        this.pending.delete(name);
        fire();
      });
    });
    this.pending.set(name, cancel);
  }

  /** Leaves a timer of that name as it is. */
  setOnce(name: TimerName, delayMs: number, fire: () => void): void {
    if (!this.pending.has(name)) this.set(name, delayMs, fire);
  }

  clear(name: TimerName): void {
    this.pending.get(name)?.();
    this.pending.delete(name);
  }

  clearAll(): void {
    for (const cancel of this.pending.values()) cancel();
    this.pending.clear();
  }
}
