/** Where a part posts to. */
export type Tasks = Pick<Turn, "post">;

/** Rule "act on your own turn": callbacks only post; tasks run one after another, never inside one another. */
export class Turn {
  private readonly tasks: (() => void)[] = [];
  private readonly afterEach: () => void;
  private phase: "resting" | "draining" | "closed" = "resting";

  /** `afterEach` runs after each task, on the same turn. */
  constructor(afterEach: () => void) {
    this.afterEach = afterEach;
  }

  /** Runs the task now, or after the tasks of the turn that is under way. What a task throws reaches the outermost caller. */
  post(task: () => void): void {
    if (this.phase === "closed") return;
    this.tasks.push(task);
    if (this.phase === "resting") this.drain();
  }

  /** No task runs any more, the rest of this turn included. */
  close(): void {
    this.phase = "closed";
    this.tasks.length = 0;
  }

  private drain(): void {
    this.phase = "draining";
    let thrown: { readonly error: unknown } | null = null;
    for (let task = this.tasks.shift(); task !== undefined; task = this.tasks.shift()) {
      try {
        task();
        this.afterEach();
      } catch (error) {
        thrown ??= { error };
      }
    }
    if (this.phase === "draining") this.phase = "resting";
    if (thrown !== null) throw thrown.error;
  }
}

/** Tasks of something that may end before the turn does, with answers and signatures under way: none runs after `close`. */
export class Scope implements Tasks {
  private readonly turn: Tasks;
  private phase: "open" | "closed" = "open";

  constructor(turn: Tasks) {
    this.turn = turn;
  }

  post(task: () => void): void {
    this.turn.post(() => (this.phase === "open" ? task() : undefined));
  }

  close(): void {
    this.phase = "closed";
  }
}
