import { accountWorldsFrom, slowWorldsFrom, tabWorldsFrom } from "./plan.ts";
import type { WorldResult } from "./world.ts";

export function seedRange(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** The worlds of a long run: a fifth of them has duplicated tabs for certain, a tenth slow signatures, a tenth new logins. */
export function mixedSeeds(count: number): readonly number[] {
  const withTabs = Math.floor(count / 5);
  const tenth = Math.floor(count / 10);
  return [
    ...seedRange(1, count - withTabs - 2 * tenth),
    ...seedRange(tabWorldsFrom, withTabs),
    ...seedRange(slowWorldsFrom, tenth),
    ...seedRange(accountWorldsFrom, tenth),
  ];
}

/** What a person needs to look into it: the seed, what is wrong, the plan and the last events. */
export function describeFailure(result: WorldResult): string {
  const lines = [
    `seed ${result.seed}: ${result.problem ?? ""}`,
    `repeat with: npm run sim -- --seed ${result.seed} --trace`,
    `plan: ${JSON.stringify(result.plan)}`,
    ...(result.last ?? []).slice(-30),
  ];
  return lines.join("\n");
}

/** Sums the counts of many worlds. */
export function addCounts(total: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(counts)) total.set(kind, (total.get(kind) ?? 0) + count);
}
