import { hashText } from "./random.ts";

const linesKept = 400;

/** What happened in a world: a rolling hash of every event, counts by kind, and the last lines for people. */
export class Trace {
  readonly counts: Map<string, number> = new Map();
  readonly #now: () => number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  #events = 0;

  constructor(now: () => number, print?: (line: string) => void) {
    this.#now = now;
    this.#print = print;
  }

  /** `kind` is a stable word that is also counted; `who` and `detail` are free text. */
  add(kind: string, who: string, detail: string | number = ""): void {
    const line = `${this.#now().toFixed(3)} ${kind} ${who} ${detail}`;
    this.#low = hashText(line, this.#low);
    this.#high = hashText(line, this.#high ^ this.#low);
    this.#events += 1;
    this.count(kind);
    this.#lines.push(line);
    if (this.#lines.length > 2 * linesKept) this.#lines.splice(0, linesKept);
    this.#print?.(line);
  }

  /** Counts without an event of its own. */
  count(kind: string, by = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + by);
  }

  get hash(): string {
    const hex = (value: number) => value.toString(16).padStart(8, "0");
    return `${hex(this.#high)}${hex(this.#low)}-${this.#events}`;
  }

  get last(): readonly string[] {
    return this.#lines.slice(-linesKept);
  }
}

/** Short text for bytes in a trace: length and hash. */
export function bytesMark(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}:${(hash >>> 0).toString(16)}`;
}
