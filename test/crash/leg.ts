import type { Element } from "./element.ts";
import { type Findings, isClean, type Ledger } from "./ledger.ts";
import { type StorePlace, withStore } from "./open-store.ts";
import type { Writer } from "./writer.ts";
import type { WriterPlan } from "./writer-process.ts";

export interface LegOptions {
  readonly cycles: number;
  readonly seed: number;
}

/** What a leg found out about one store. */
export interface Outcome {
  readonly findings: Findings;
  /** What went wrong beside the contents: a store that would not open, an answer that no store may give. */
  readonly complaints: readonly string[];
  /** Deaths, cuts or faults that really happened. */
  readonly faults: number;
  readonly compactions: number;
}

export function isKept(outcome: Outcome): boolean {
  return isClean(outcome.findings) && outcome.complaints.length === 0;
}

/** A control shows its fault soon, or never: two cycles mostly do, ten must. */
export async function broken(control: (cycles: number) => Promise<Outcome>): Promise<Outcome> {
  const soon = await control(2);
  return isKept(soon) ? control(10) : soon;
}

/** One line for people. */
export function describe({ findings, complaints, faults, compactions }: Outcome): string {
  const { acknowledged, lost, doubled, strange, damaged } = findings;
  const examples = [...lost, ...doubled, ...strange, ...damaged, ...complaints].slice(0, 3);
  const counts = `${faults} faults, ${compactions} compactions, ${acknowledged} acknowledged, ${lost.length} lost, ${doubled.length} doubled, ${strange.length} strange, ${damaged.length} damaged, ${complaints.length} complaints`;
  return examples.length === 0 ? counts : `${counts}; the first: ${examples.join(" | ")}`;
}

export function planOf(place: StorePlace, run: string, unfinished: readonly Element[] = []): WriterPlan {
  return { place, run, documents: 3, writersPerDocument: 4, unfinished, compactEvery: 6, removal: "exact" };
}

/** Opens the store in this process, long after the writers are gone, and compares it with what they were told. */
export async function concluded(
  place: StorePlace,
  ledger: Ledger,
  about: {
    readonly writers: readonly Writer[];
    readonly faults: number;
    /** Which of a writer's complaints are wrong under this fault; default: all. */
    readonly alarming?: (complaint: string) => boolean;
  },
): Promise<Outcome> {
  const complaints = about.writers.flatMap((writer) => writer.complaints).filter(about.alarming ?? (() => true));
  const compactions = about.writers.reduce((sum, writer) => sum + writer.compactions, 0);
  try {
    const findings = await withStore(place, (store) => ledger.check(store));
    return { findings, complaints, faults: about.faults, compactions };
  } catch (error) {
    const findings = { acknowledged: ledger.count, stored: 0, lost: [], doubled: [], strange: [], damaged: [] };
    const complaint = `the store cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { findings, complaints: [...complaints, complaint], faults: about.faults, compactions };
  }
}
