import type { Context } from "./context.ts";
import { syncLimits } from "./limits.ts";
import type { LiveEdit } from "./live-edit.ts";
import type { Sender } from "./replica-contract.ts";

/** A live edit and who is known to have sent it. */
export interface HeardEdit {
  readonly frame: LiveEdit;
  readonly sender: Sender;
  /** AU2: whose word it is that came with it: the sender's own, or the server's, which has it in the log. */
  readonly by: "member" | "server";
}

/** SY1: data frames that wait until the log is applied. The oldest give way. */
export class FrameBuffer {
  private readonly context: Context;
  private waiting: HeardEdit[] = [];
  private bytes = 0;

  constructor(context: Context) {
    this.context = context;
  }

  get size(): number {
    return this.waiting.length;
  }

  add(heard: HeardEdit): void {
    this.waiting.push(heard);
    this.bytes += heard.frame.update.length;
    while (this.waiting.length > syncLimits.bufferedFramesMax || this.bytes > syncLimits.bufferedBytesMax) {
      this.bytes -= this.waiting.shift()?.frame.update.length ?? 0;
      this.context.drops.drop("buffer-full");
    }
  }

  /** All of them, in the order they came; none is left. */
  take(): readonly HeardEdit[] {
    const { waiting } = this;
    this.waiting = [];
    this.bytes = 0;
    return waiting;
  }
}
