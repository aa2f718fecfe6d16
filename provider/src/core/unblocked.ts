import type { Batch } from "./outbox.ts";
import type { ClockRange } from "./ports.ts";
import { type UpdateSummary, uploadLimits, validateUpdate } from "./validate-update.ts";

/**
 * DU7: the oldest batches that need nothing of what the server lacks. Two people who type into each other's text build on
 * each other's unsaved batches; merged as a whole neither upload is applicable, batch by batch one of them always is. What
 * was found after it was built upon (DU6) is a later batch: what needs it is blocked with it.
 */
export function unblockedBatches(batches: readonly Batch[], missing: readonly ClockRange[]): readonly Batch[] {
  const read = batches.map(({ update }) => summaryOf(update));
  let free = prefixWithin(read, knownClocks(missing));
  for (;;) {
    const blocked = read.slice(free).flatMap((summary) => summary?.structs ?? []);
    const left = prefixWithin(read.slice(0, free), knownClocks(blocked));
    if (left === free) return batches.slice(0, free);
    free = left;
  }
}

/** How many of the first batches need no clock beyond those that are known. */
function prefixWithin(read: readonly (UpdateSummary | null)[], known: ReadonlyMap<number, number>): number {
  const first = read.findIndex((summary) => summary === null || needsMore(summary, known));
  return first < 0 ? read.length : first;
}

function summaryOf(update: Uint8Array): UpdateSummary | null {
  const checked = validateUpdate(update, uploadLimits);
  return checked.ok ? checked.summary : null;
}

/** How far the server knows the clients of which it lacks something. */
function knownClocks(missing: readonly ClockRange[]): ReadonlyMap<number, number> {
  const known = new Map<number, number>();
  for (const { client, clock } of missing) known.set(client, Math.min(clock, known.get(client) ?? clock));
  return known;
}

function needsMore({ structs, needs, deletes }: UpdateSummary, known: ReadonlyMap<number, number>): boolean {
  const lacks = (client: number, clock: number): boolean => clock > (known.get(client) ?? clock);
  if (structs.some(({ client, clock, kind }) => kind !== "skip" && lacks(client, clock))) return true;
  if (deletes.some(({ client, clock, length }) => lacks(client, clock + length))) return true;
  return [...needs].some(([client, clock]) => lacks(client, clock));
}
