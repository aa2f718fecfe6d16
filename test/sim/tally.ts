import type { WorldResult } from "./world.ts";

interface Seen {
  times: number;
  worlds: number;
}

/** As a file keeps it. */
export interface TallyRecord {
  readonly worlds: number;
  readonly kinds: Readonly<Record<string, Readonly<Seen>>>;
}

/** What happened in many worlds, in all and in how many of them. */
export class Tally {
  readonly #kinds: Map<string, Seen>;
  #worlds: number;

  constructor({ worlds, kinds }: TallyRecord = { worlds: 0, kinds: {} }) {
    this.#worlds = worlds;
    this.#kinds = new Map(Object.entries(kinds));
  }

  get record(): TallyRecord {
    return { worlds: this.#worlds, kinds: Object.fromEntries(this.#kinds) };
  }

  add({ counts }: Pick<WorldResult, "counts">): void {
    this.#worlds += 1;
    for (const [kind, times] of Object.entries(counts)) {
      const seen = this.#kinds.get(kind) ?? { times: 0, worlds: 0 };
      this.#kinds.set(kind, { times: seen.times + times, worlds: seen.worlds + 1 });
    }
  }

  /** One line for the kinds that begin with the same word: `fault: offline 120 (88 %), …`, the share of worlds in brackets. */
  lines(): readonly string[] {
    const groups = new Map<string, string[]>();
    for (const [kind, seen] of [...this.#kinds].sort(([left], [right]) => left.localeCompare(right))) {
      const [head = kind, ...rest] = kind.split("-");
      const share = Math.round((100 * seen.worlds) / this.#worlds);
      const what = `${rest.join("-")} ${seen.times.toLocaleString("en")} (${share} %)`.trim();
      groups.set(head, [...(groups.get(head) ?? []), what]);
    }
    return [...groups].map(([head, all]) => `${head}: ${all.join(", ")}`);
  }
}
