import { ForeignLoad } from "../foreign-load.ts";

interface Measurable {
  call(name: "cpuSeconds"): Promise<number>;
}

export interface Used {
  /** Milliseconds of CPU, in the order of the processes. */
  readonly cpuMs: readonly number[];
  /** Cores that others kept busy; none where that cannot be known. */
  readonly foreignCores: readonly number[];
}

/** Whatever this process has used so far, all its threads together. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Does the work; measures what each of the processes and everybody else used meanwhile. */
export async function during(processes: readonly Measurable[], work: () => Promise<void>): Promise<Used> {
  const look = () => Promise.all(processes.map((each) => each.call("cpuSeconds")));
  const [before, here] = [await look(), cpuSeconds()];
  const load = new ForeignLoad();
  await work();
  const used = (await look()).map((seconds, index) => seconds - (before[index] ?? seconds));
  const cores = load.cores(used.reduce((sum, seconds) => sum + seconds, cpuSeconds() - here));
  return { cpuMs: used.map((seconds) => seconds * 1_000), foreignCores: cores === undefined ? [] : [cores] };
}
