import type { Cancel, Clock, Instant } from "../core/ports.ts";

/** The longest delay a platform timer takes; a longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** The platform's monotonic clock and timers. A pending timer keeps a Node process alive until it is cancelled. */
export function systemClock(): Clock {
  return {
    now(): Instant {
      return performance.now() as Instant;
    },
    after(delayMs: number, fire: () => void): Cancel {
      const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), delayMsMax));
      return () => clearTimeout(timer);
    },
  };
}
