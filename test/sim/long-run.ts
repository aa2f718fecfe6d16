import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mixedSeeds, seedRange } from "./report.ts";
import { Tally, type TallyRecord } from "./tally.ts";

export interface Wanted {
  readonly seeds: number;
  readonly from: number | null;
}

interface Kept extends Wanted {
  readonly done: number;
  readonly failed: readonly number[];
  readonly elapsedMs: number;
  readonly tally: TallyRecord;
}

/** Between two looks at the file; processes start anew for each block. */
const blockSeeds = 2_000;

/** A run of many worlds that may be stopped: each block that is done is kept in a file, if there is one. */
export class LongRun {
  readonly seeds: readonly number[];
  readonly failed: number[];
  readonly tally: Tally;
  /** Of all the times it ran, till the last block was kept. */
  elapsedMs: number;
  readonly #wanted: Wanted;
  readonly #file: string | undefined;
  #done: number;

  /** Throws when the file is of another run. */
  constructor(wanted: Wanted, file: string | undefined) {
    const kept = file !== undefined && existsSync(file) ? read(file, wanted) : undefined;
    this.#wanted = wanted;
    this.#file = file;
    this.#done = kept?.done ?? 0;
    this.failed = [...(kept?.failed ?? [])];
    this.elapsedMs = kept?.elapsedMs ?? 0;
    this.tally = new Tally(kept?.tally);
    this.seeds = wanted.from === null ? mixedSeeds(wanted.seeds) : seedRange(wanted.from, wanted.seeds);
  }

  /** Worlds that need not be run any more. */
  get done(): number {
    return this.#done;
  }

  /** What comes next; empty: nothing. */
  get block(): readonly number[] {
    return this.seeds.slice(this.#done, this.#file === undefined ? undefined : this.#done + blockSeeds);
  }

  /** The block was run. */
  keep(tookMs: number): void {
    this.#done += this.block.length;
    this.elapsedMs += tookMs;
    if (this.#file === undefined) return;
    const { failed, elapsedMs } = this;
    const kept: Kept = { ...this.#wanted, done: this.#done, failed, elapsedMs, tally: this.tally.record };
    writeFileSync(`${this.#file}.new`, JSON.stringify(kept));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file: string, { seeds, from }: Wanted): Kept {
  const kept = parse(file);
  if (kept.seeds === seeds && kept.from === from) return kept;
  const range = `--seeds ${kept.seeds}${kept.from === null ? "" : ` --from ${kept.from}`}`;
  throw new RangeError(`${file} keeps a run of ${range}. Go on with that, or name another file.`);
}

function parse(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept;
  } catch {
    throw new RangeError(`${file} keeps no run. Name a file that is not there yet.`);
  }
}
