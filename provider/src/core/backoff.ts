import { durabilityLimits } from "./limits.ts";
import type { Random } from "./ports.ts";

/** CN3: full jitter. Uniform between nothing and a bound that doubles with each attempt; attempts count from 0. */
export function backoffMs(
  random: Random,
  attempt: number,
  range: { readonly msFirst: number; readonly msMax: number },
): number {
  return random.next() * Math.min(range.msMax, range.msFirst * 2 ** Math.min(attempt, 30));
}

/** How long to wait for the server before the next try. */
export function retryMs(random: Random, attempt: number): number {
  return backoffMs(random, attempt, { msFirst: durabilityLimits.retryMsFirst, msMax: durabilityLimits.retryMsMax });
}
