import { frameBytes } from "./message.ts";
import type { Frame } from "./ports.ts";

/**
 * Frames in order. Connections that are given the same frames in one turn walk the same chain from the same empty batch
 * and end at the same object: they share one array, and whoever makes bytes of it makes them once.
 */
export class Batch {
  readonly count: number;
  readonly bytes: number;
  readonly #before: Batch | undefined;
  readonly #last: Frame | undefined;
  /** The step that was taken last: members of a group all take it, one after the other. */
  #next: Batch | undefined;
  #frames: readonly Frame[] | undefined;

  constructor(before?: Batch, last?: Frame) {
    this.#before = before;
    this.#last = last;
    this.count = last === undefined ? 0 : (before?.count ?? 0) + 1;
    this.bytes = (before?.bytes ?? 0) + (last === undefined ? 0 : frameBytes(last));
  }

  with(frame: Frame): Batch {
    const known = this.#next;
    if (known !== undefined && known.#last === frame) return known;
    const next = new Batch(this, frame);
    this.#next = next;
    return next;
  }

  /** Always the same array: nobody may change it. */
  get frames(): readonly Frame[] {
    this.#frames ??= this.#collect();
    return this.#frames;
  }

  #collect(): readonly Frame[] {
    const frames = new Array<Frame>(this.count);
    let batch: Batch | undefined = this;
    while (batch !== undefined) {
      if (batch.#last !== undefined) frames[batch.count - 1] = batch.#last;
      batch = batch.#before;
    }
    return frames;
  }
}
