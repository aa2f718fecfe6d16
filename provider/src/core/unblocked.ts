import type { Batch } from "./outbox.ts";
import type { ClockRange } from "./ports.ts";
import { type UpdateSummary, uploadLimits, validateUpdate } from "./validate-update.ts";

/**
 * DU7: the oldest batches that need nothing of what the server lacks. Two people who type into each other's text build on
 * each other's unsaved batches; merged as a whole neither upload is applicable, batch by batch one of them always is.
 */
export function unblockedBatches(batches: readonly Batch[], missing: readonly ClockRange[]): readonly Batch[] {
  const blocked = batches.findIndex(({ update }) => !isUnblocked(update, missing));
  return blocked < 0 ? batches : batches.slice(0, blocked);
}

function isUnblocked(update: Uint8Array, missing: readonly ClockRange[]): boolean {
  const checked = validateUpdate(update, uploadLimits);
  return checked.ok && !needsMore(checked.summary, knownClocks(missing));
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
