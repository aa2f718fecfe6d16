import type { Removal } from "./contents.ts";
import type { Element } from "./element.ts";
import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import { moments, pause } from "./moments.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

/** A second process opens what one process owns: it is refused with a word, and the first one writes on. */
export async function secondProcessLeg(place: StorePlace): Promise<Outcome> {
  const ledger = new Ledger();
  const first = new Writer(planOf(place, "first"), ledger);
  await first.until(() => first.acknowledged > 50);
  const second = new Writer(planOf(place, "second"), ledger);
  await second.until(() => second.phase === "refused" || second.acknowledged > 50);
  const refused = second.complaints.includes("refused closed");
  await second.end();
  const before = first.acknowledged;
  await first.until(() => first.acknowledged > before + 50);
  await first.end();
  const outcome = await concluded(place, ledger, { writers: [first], faults: 1 });
  return refused ? outcome : { ...outcome, complaints: [...outcome.complaints, "the second process was let in"] };
}

export interface ManyWritersOptions extends LegOptions {
  readonly removal?: Removal;
}

/**
 * Three processes write and compact the same documents of a shared store; in each cycle one is killed and one is frozen
 * in the middle of its work and thawed when the others have gone on.
 */
export async function manyWritersLeg(
  place: StorePlace,
  { cycles, seed, removal = "exact" }: ManyWritersOptions,
): Promise<Outcome> {
  const plan = (run: string, unfinished: readonly Element[] = []) => ({ ...planOf(place, run, unfinished), removal });
  const ledger = new Ledger();
  const below = moments(seed);
  const writers: Writer[] = [];
  let running = ["a", "b", "c"].map((name) => new Writer(plan(`m0${name}`), ledger));
  writers.push(...running);
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await Promise.all(running.map((writer) => writer.until(() => writer.acknowledged > 20)));
    await pause(below(100));
    const [killed, frozen, third] = running;
    if (!killed || !frozen || !third) break;
    frozen.signal("SIGSTOP");
    await killed.end();
    const before = third.acknowledged;
    await third.until(() => third.acknowledged > before + 100);
    frozen.signal("SIGCONT");
    const next = new Writer(plan(`m${cycle}`, ledger.unfinished(killed.sessions)), ledger);
    writers.push(next);
    running = [third, frozen, next];
  }
  for (const writer of running) await writer.end();
  return concluded(place, ledger, { writers, faults: 2 * cycles });
}
