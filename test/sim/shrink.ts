import { type Plan, planOf } from "./plan.ts";
import { runWorld } from "./world.ts";

/** The smallest plan of a failing seed that still fails: faults and chances are taken out one after another. */
export async function shrink(seed: number): Promise<Plan> {
  let plan = planOf(seed);
  for (let again = true; again; ) {
    again = false;
    for (const smaller of smallerPlans(plan)) {
      const result = await runWorld(seed, { plan: smaller });
      if (result.problem === undefined) continue;
      plan = smaller;
      again = true;
      break;
    }
  }
  return plan;
}

function* smallerPlans(plan: Plan): Generator<Plan> {
  for (const fault of plan.faults) yield { ...plan, faults: plan.faults.filter((other) => other !== fault) };
  for (const chance of ["loss", "duplicate", "reorder", "delayMs"] as const) {
    if (plan.line[chance] > 0) yield { ...plan, line: { ...plan.line, [chance]: 0 } };
  }
  for (const chance of ["lostRequest", "lostReply", "unavailable", "throttled", "delayMs"] as const) {
    if (plan.http[chance] > 0) yield { ...plan, http: { ...plan.http, [chance]: 0 } };
  }
  if (plan.readers > 0) yield { ...plan, readers: 0 };
  if (plan.writers > 1) yield { ...plan, writers: plan.writers - 1 };
  if (plan.servers > 1) yield { ...plan, servers: 1 };
  if (plan.activityMs > 2_000) yield { ...plan, activityMs: Math.floor(plan.activityMs * 0.7) };
}
