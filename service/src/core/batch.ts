import { frameBytes } from "./message.ts";
import { UnnumberedFrame } from "./numbered-frame.ts";
import type { Frame } from "./ports.ts";
import { type Run, runOf } from "./run.ts";

/**
 * Frames in order. Connections that are given the same frames in one turn walk the same chain from the same empty batch
 * and end at the same object: they share one array, and whoever makes bytes of it makes them once. Numbers of reliable
 * connections are no part of it.
 */
export class Batch {
  readonly count: number;
  readonly bytes: number;
  /** How many of the frames want a number. */
  readonly numbered: number;
  /** When the first of the frames expires; infinity when none does. */
  readonly soonestExpiry: number;
  readonly #before: Batch | undefined;
  readonly #last: Frame | undefined;
  readonly #expiresAt: number | undefined;
  /** The step that was taken last: members of a group all take it, one after the other. */
  #next: Batch | undefined;
  #frames: readonly Frame[] | undefined;
  #run: Run | undefined;

  constructor(before?: Batch, last?: Frame, expiresAt?: number) {
    this.#before = before;
    this.#last = last;
    this.#expiresAt = expiresAt;
    this.count = last === undefined ? 0 : (before?.count ?? 0) + 1;
    this.bytes = (before?.bytes ?? 0) + (last === undefined ? 0 : frameBytes(last));
    this.numbered = (before?.numbered ?? 0) + (last instanceof UnnumberedFrame ? 1 : 0);
    this.soonestExpiry = Math.min(before?.soonestExpiry ?? never, expiresAt ?? never);
  }

  with(frame: Frame, expiresAt?: number): Batch {
    const known = this.#next;
    if (known !== undefined && known.#last === frame) return known;
    const next = new Batch(this, frame, expiresAt);
    this.#next = next;
    return next;
  }

  /** Always the same array: nobody may change it. */
  get frames(): readonly Frame[] {
    this.#frames ??= this.#collect((step) => step.#last).filter((frame) => frame !== undefined);
    return this.#frames;
  }

  /** When each of `frames` expires. */
  get expiries(): readonly (number | undefined)[] {
    return this.#collect((step) => step.#expiresAt);
  }

  /** The frames that want a number, without the others. Always the same object. */
  get run(): Run {
    this.#run ??= this.#collectRun();
    return this.#run;
  }

  #collectRun(): Run {
    const frames: UnnumberedFrame[] = [];
    const expiries: (number | undefined)[] = [];
    for (const { frame, expiresAt } of this.#collect((step) => ({ frame: step.#last, expiresAt: step.#expiresAt }))) {
      if (!(frame instanceof UnnumberedFrame)) continue;
      frames.push(frame);
      expiries.push(expiresAt);
    }
    return runOf(frames, expiries);
  }

  #collect<T>(read: (step: Batch) => T): T[] {
    const found: T[] = [];
    for (let step: Batch | undefined = this; step !== undefined && step.count > 0; step = step.#before) {
      found.push(read(step));
    }
    return found.reverse();
  }
}

const never = Number.POSITIVE_INFINITY;
