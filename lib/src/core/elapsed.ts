/**
 * Milliseconds since, by the wall clock. Infinite when the clock was set back behind it: what holds for a moment is old
 * then, instead of young for as long as the clock was set back.
 */
export function elapsedMs(sinceMs: number, nowMs: number): number {
  return nowMs >= sinceMs ? nowMs - sinceMs : Number.POSITIVE_INFINITY;
}
