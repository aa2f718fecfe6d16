import type { FaultRule } from "../core/fault-rule.ts";
import type { Faults, Held } from "../core/faults.ts";
import type { Hub } from "../core/hub.ts";
import type { Cancel } from "../core/ports.ts";

export const downMsMax = 60_000;

/** Faults on purpose, for tests: rules for frames, recoveries and REST calls, and a crash of the whole service. */
export class FaultControl {
  readonly #faults: Faults;
  readonly #hubs: () => Iterable<Hub>;
  readonly #outages: Set<object> = new Set();

  constructor(faults: Faults, hubs: () => Iterable<Hub>) {
    this.#faults = faults;
    this.#hubs = hubs;
  }

  get rules(): readonly Held[] {
    return this.#faults.rules;
  }

  /** True while the service plays dead. */
  get down(): boolean {
    return this.#outages.size > 0;
  }

  /** Puts a rule in force; the answer takes it away again and lets go what it held. Throws `FaultError`. */
  add(rule: FaultRule): Cancel {
    return this.#faults.add(rule);
  }

  /** Takes all rules away. */
  clear(): void {
    this.#faults.clear();
  }

  /** Starts the chances of all rules anew, so that a run can be repeated. Whole number. */
  reseed(seed: number): void {
    this.#faults.reseed(seed);
  }

  /**
   * As if the process had died: transports end without a word, connections, groups and what was not delivered are
   * forgotten, every recovery will be refused. Until the answer is called the port takes connections only to drop
   * them. Keys, hub settings and fault rules stay.
   */
  outage(): Cancel {
    for (const hub of this.#hubs()) hub.crash();
    const outage = {};
    this.#outages.add(outage);
    return () => void this.#outages.delete(outage);
  }

  /** An outage of `downMs` (default 0, at most a minute). Resolves when the service answers again. */
  async restart({ downMs = 0 }: { readonly downMs?: number } = {}): Promise<void> {
    const end = this.outage();
    if (downMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, Math.min(downMs, downMsMax)));
    end();
  }
}
