import type { Output } from "./run-command.ts";

const barWidth = 30;
/** Without a terminal a line comes at most this often. */
const lineEveryMs = 5_000;

/** How far something is: a bar that is drawn over itself on a terminal, plain lines elsewhere. */
export class Progress {
  readonly #out: Output;
  readonly #what: string;
  readonly #total: number;
  readonly #now: () => number;
  #done = 0;
  #saidAtMs: number;

  /** `total`: how many steps there will be; 0: not known. */
  constructor(out: Output, what: string, total: number, now: () => number = Date.now) {
    this.#out = out;
    this.#what = what;
    this.#total = total;
    this.#now = now;
    this.#saidAtMs = now();
  }

  step(): void {
    this.#done += 1;
    if (this.#out.isTTY === true) this.#out.write(`\r${this.#bar()}`);
    else if (this.#now() - this.#saidAtMs >= lineEveryMs) this.#line();
  }

  /** The last word, whatever was said before. */
  end(): void {
    if (this.#out.isTTY === true) this.#out.write(`\r${this.#bar()}\n`);
    else this.#line();
  }

  #line(): void {
    this.#saidAtMs = this.#now();
    this.#out.write(`${this.#what} ${this.#count()}\n`);
  }

  #bar(): string {
    if (this.#total === 0) return `${this.#what} ${this.#count()}`;
    const full = Math.round((Math.min(this.#done, this.#total) / this.#total) * barWidth);
    return `${this.#what} [${"#".repeat(full)}${"-".repeat(barWidth - full)}] ${this.#count()}`;
  }

  #count(): string {
    return this.#total === 0 ? String(this.#done) : `${this.#done} of ${this.#total}`;
  }
}
