import type { Random } from "./ports.ts";

/** CN3: full jitter. Uniform between nothing and a bound that doubles with each attempt; attempts count from 0. */
export function backoffMs(
  random: Random,
  attempt: number,
  range: { readonly msFirst: number; readonly msMax: number },
): number {
  return random.next() * Math.min(range.msMax, range.msFirst * 2 ** Math.min(attempt, 30));
}
