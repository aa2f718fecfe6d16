type Task = () => Promise<void>;

/** The events of one connection, one after the other. */
export class EventQueue {
  readonly #countMax: number;
  readonly #bytesMax: number;
  readonly #waiting: { readonly run: Task; readonly bytes: number }[] = [];
  readonly #idle: () => void;
  #bytes = 0;
  #running = false;

  /** `idle` is called whenever the last task has ended. */
  constructor(bounds: { readonly countMax: number; readonly bytesMax: number }, idle: () => void) {
    this.#countMax = bounds.countMax;
    this.#bytesMax = bounds.bytesMax;
    this.#idle = idle;
  }

  get busy(): boolean {
    return this.#running;
  }

  /** False when too much waits already. A task must not reject. */
  offer(run: Task, bytes: number): boolean {
    if (this.#waiting.length >= this.#countMax || this.#bytes + bytes > this.#bytesMax) return false;
    this.add(run, bytes);
    return true;
  }

  /** For what must not be lost: `connected` and `disconnected`, at most one of each. */
  add(run: Task, bytes = 0): void {
    this.#waiting.push({ run, bytes });
    this.#bytes += bytes;
    if (!this.#running) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
      await task.run();
      this.#bytes -= task.bytes;
    }
    this.#running = false;
    this.#idle();
  }
}
