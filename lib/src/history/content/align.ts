import { kindOf } from "./kinds.ts";
import { type Run, slice, textOf, typeOf } from "./runs.ts";
import { nameOf, sameRun } from "./same.ts";

/** One step through two lists at once. Runs of a pair have one length. */
export type Step =
  /** The same in both, or (of types and texts) to be made the same inside. */
  | { readonly step: "both"; readonly from: Run; readonly to: Run }
  | { readonly step: "removed"; readonly from: Run }
  | { readonly step: "added"; readonly to: Run };

/**
 * `history`: the lists are versions of one document, so what has one id is one thing, and order never changes.
 * `content`: they have nothing in common but what they show.
 */
export type Manner = "history" | "content";

/** How to make `to` of `from`. */
export function align(from: readonly Run[], to: readonly Run[], manner: Manner): readonly Step[] {
  const left = marked(from, manner === "history" ? new Ranges(to) : null);
  const right = marked(to, manner === "history" ? new Ranges(from) : null);
  const steps: Step[] = [];
  const [one, other] = [new Walk(left), new Walk(right)];
  for (;;) {
    steps.push(...refined(one.takeOwn(), other.takeOwn(), manner));
    const [here, there] = [one.peek(), other.peek()];
    if (here === null || there === null) return gathered(steps);
    const length = Math.min(here.length, there.length);
    const [before, after] = [one.take(length), other.take(length)];
    // Yjs overwrites the other half when one half of a surrogate pair is deleted: one id, two contents.
    if (textOf(before) === textOf(after)) steps.push({ step: "both", from: before, to: after });
    else steps.push(...refined([before], [after], manner));
  }
}

/** Between two pieces that stay, first all that goes, then all that comes: halves of a character are written as one. */
function gathered(steps: readonly Step[]): readonly Step[] {
  const result: Step[] = [];
  let [removed, added]: [Run[], Run[]] = [[], []];
  const flush = () => {
    result.push(...replaced(removed, added));
    [removed, added] = [[], []];
  };
  for (const step of steps) {
    if (step.step === "removed") removed.push(step.from);
    else if (step.step === "added") added.push(step.to);
    else {
      flush();
      result.push(step);
    }
  }
  flush();
  return result;
}

interface Marked {
  readonly run: Run;
  readonly shared: boolean;
}

/** Cut where the other list begins or ends to have it. */
function marked(runs: readonly Run[], others: Ranges | null): readonly Marked[] {
  if (others === null) return runs.map((run) => ({ run, shared: false }));
  return runs.flatMap((run) => others.cut(run));
}

class Walk {
  readonly #pieces: readonly Marked[];
  #index = 0;
  #taken = 0;

  constructor(pieces: readonly Marked[]) {
    this.#pieces = pieces;
  }

  /** Everything up to the next piece that both lists have. */
  takeOwn(): Run[] {
    const own: Run[] = [];
    for (let piece = this.#pieces[this.#index]; piece && !piece.shared; piece = this.#pieces[++this.#index]) {
      own.push(piece.run);
    }
    return own;
  }

  peek(): Run | null {
    const piece = this.#pieces[this.#index];
    return piece ? slice(piece.run, this.#taken, piece.run.length - this.#taken) : null;
  }

  take(length: number): Run {
    const rest = this.peek();
    if (rest === null) throw new RangeError("Both lists have the same shared pieces in the same order.");
    this.#taken += length;
    if (length === rest.length) {
      this.#index += 1;
      this.#taken = 0;
    }
    return slice(rest, 0, length);
  }
}

/** Which ids a list has. */
class Ranges {
  readonly #clients: Map<number, { readonly clock: number; readonly end: number }[]> = new Map();

  constructor(runs: readonly Run[]) {
    for (const { client, clock, length } of runs) {
      const ranges = this.#clients.get(client) ?? [];
      this.#clients.set(client, ranges);
      ranges.push({ clock, end: clock + length });
    }
    for (const ranges of this.#clients.values()) ranges.sort((one, other) => one.clock - other.clock);
  }

  cut(run: Run): Marked[] {
    const pieces: Marked[] = [];
    const ranges = this.#clients.get(run.client) ?? [];
    let index = this.#after(ranges, run.clock);
    for (let done = 0; done < run.length; ) {
      const at = run.clock + done;
      const range = ranges[index];
      const shared = range !== undefined && range.clock <= at;
      const until = shared ? range.end : (range?.clock ?? Number.POSITIVE_INFINITY);
      const length = Math.min(run.length - done, until - at);
      pieces.push({ run: slice(run, done, length), shared });
      done += length;
      if (shared) index += 1;
    }
    return pieces;
  }

  /** The first range that ends after the clock. */
  #after(ranges: readonly { readonly end: number }[], clock: number): number {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.end ?? 0) > clock) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** What looks the same at both ends of a gap stays; of the rest, types of one kind are paired when only content counts. */
function refined(removed: readonly Run[], added: readonly Run[], manner: Manner): readonly Step[] {
  const [left, right] = [new Deque(removed), new Deque(added)];
  const head = sameEnds(left, right, "first");
  const tail = sameEnds(left, right, "last").reverse();
  const [middle, wanted] = [left.rest(), right.rest()];
  return [...head, ...(manner === "content" ? matched(middle, wanted) : replaced(middle, wanted)), ...tail];
}

/** Takes from both, as long as they begin (end) with the same. */
function sameEnds(left: Deque, right: Deque, end: "first" | "last"): Step[] {
  const steps: Step[] = [];
  for (;;) {
    const [one, other] = [left.peek(end), right.peek(end)];
    const length = one && other ? sameLength(one, other, end) : 0;
    if (length === 0) return steps;
    steps.push({ step: "both", from: left.take(end, length), to: right.take(end, length) });
  }
}

/** How far two runs show the same from one of their ends; never half of a character. */
function sameLength(left: Run, right: Run, end: "first" | "last"): number {
  const [one, other] = [textOf(left), textOf(right)];
  if (one === null || other === null) {
    if (one !== null || other !== null) return 0;
    const at = (run: Run) => slice(run, end === "first" ? 0 : run.length - 1, 1);
    return sameRun(at(left), at(right)) ? 1 : 0;
  }
  const most = Math.min(one.length, other.length);
  const unit = (text: string, index: number) => text.charCodeAt(end === "first" ? index : text.length - 1 - index);
  let length = 0;
  while (length < most && unit(one, length) === unit(other, length)) length++;
  if (length === 0 || length === one.length) return length;
  const cut = end === "first" ? length : one.length - length;
  const isSplit = isHighSurrogate(one.charCodeAt(cut - 1)) && isLowSurrogate(one.charCodeAt(cut));
  return isSplit ? length - 1 : length;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Runs that are taken away from both ends. */
class Deque {
  readonly #runs: Run[];
  #first = 0;

  constructor(runs: readonly Run[]) {
    this.#runs = [...runs];
  }

  peek(end: "first" | "last"): Run | undefined {
    return this.#first < this.#runs.length ? this.#runs[this.#at(end)] : undefined;
  }

  /** At most the whole run that `peek` answered. */
  take(end: "first" | "last", length: number): Run {
    const index = this.#at(end);
    const run = this.#runs[index];
    if (run === undefined) throw new RangeError("Nothing is taken of an empty list.");
    const rest = run.length - length;
    if (rest > 0) this.#runs[index] = slice(run, end === "first" ? length : 0, rest);
    else if (end === "first") this.#first += 1;
    else this.#runs.pop();
    return slice(run, end === "first" ? 0 : rest, length);
  }

  rest(): readonly Run[] {
    return this.#runs.slice(this.#first);
  }

  #at(end: "first" | "last"): number {
    return end === "first" ? this.#first : this.#runs.length - 1;
  }
}

/** Texts as they are, everything else value by value. */
function units(run: Run): readonly Run[] {
  if (textOf(run) !== null) return [run];
  return Array.from({ length: run.length }, (_, index) => slice(run, index, 1));
}

function replaced(left: readonly Run[], right: readonly Run[]): readonly Step[] {
  return [
    ...joined(left).map((from) => ({ step: "removed", from }) satisfies Step),
    ...joined(right).map((to) => ({ step: "added", to }) satisfies Step),
  ];
}

/** Types of one kind are paired by their place; of everything else the old goes and the new comes. */
function matched(removedRuns: readonly Run[], addedRuns: readonly Run[]): readonly Step[] {
  const [left, right] = [removedRuns.flatMap(units), addedRuns.flatMap(units)];
  const steps: Step[] = [];
  let [removed, added]: [Run[], Run[]] = [[], []];
  const flush = () => {
    steps.push(...replaced(removed, added));
    [removed, added] = [[], []];
  };
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [from, to] = [left[index], right[index]];
    if (from && to && areAlike(from, to)) {
      flush();
      steps.push({ step: "both", from, to });
      continue;
    }
    if (from) removed.push(from);
    if (to) added.push(to);
  }
  flush();
  return steps;
}

/** Units that lie side by side in one content are one run again. */
function joined(units: readonly Run[]): readonly Run[] {
  const runs: Run[] = [];
  for (const unit of units) {
    const last = runs.at(-1);
    if (last && follows(last, unit)) runs[runs.length - 1] = grown(last, unit);
    else runs.push(unit);
  }
  return runs;
}

function follows(run: Run, next: Run): boolean {
  return run.content === next.content && run.offset + run.length === next.offset;
}

function grown(run: Run, next: Run): Run {
  return { ...run, length: run.length + next.length };
}

/** Types that can be changed into one another from within. */
function areAlike(left: Run, right: Run): boolean {
  const [one, other] = [typeOf(left), typeOf(right)];
  return one !== null && other !== null && kindOf(one) === kindOf(other) && nameOf(one) === nameOf(other);
}
