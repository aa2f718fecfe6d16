import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import { moments, pause } from "./moments.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

export interface KillOptions extends LegOptions {
  /** Kills what is behind the store as well, and brings it back; every fifth cycle. */
  readonly killDatabase?: () => Promise<void>;
}

/** A writer dies of SIGKILL at a moment of the seed's choosing; the next one sends again what was under way. */
export async function killLeg(place: StorePlace, { cycles, seed, killDatabase }: KillOptions): Promise<Outcome> {
  const ledger = new Ledger();
  const below = moments(seed);
  const writers: Writer[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const unfinished = ledger.unfinished(writers.at(-1)?.sessions ?? []);
    const writer = new Writer(planOf(place, `k${cycle}`, unfinished), ledger);
    writers.push(writer);
    await writer.until(() => writer.acknowledged > unfinished.length);
    await pause(below(200));
    if (killDatabase && cycle % 5 === 4) await killDatabase();
    await writer.end();
  }
  return concluded(place, ledger, { writers, faults: cycles });
}
