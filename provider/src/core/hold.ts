import { syncLimits } from "./limits.ts";
import type { LiveEdit } from "./live-edit.ts";
import type { UserId } from "./ports.ts";
import type { UpdateSummary } from "./update-summary.ts";

/** An update that waits for structs, deletes' targets, or the announcement of its client id. */
export interface Held extends LiveEdit {
  readonly summary: UpdateSummary;
  /** Who sent it live; null: it came from the log, where the server has judged it. */
  readonly userId: UserId | null;
}

/** SY11: the bounded place outside Yjs for updates that are not applicable yet. Oldest first. */
export class Hold {
  private held: Held[] = [];
  private bytes = 0;

  get size(): number {
    return this.held.length;
  }

  /** Answers how many were dropped to make room; they are gaps again. */
  add(held: Held): number {
    const known = this.held.some((other) => isSame(other, held));
    if (known && held.userId !== null) return 0;
    this.held.push(held);
    this.bytes += held.update.length;
    let dropped = 0;
    while (this.held.length > syncLimits.heldFramesMax || this.bytes > syncLimits.heldBytesMax) {
      this.bytes -= this.held.shift()?.update.length ?? 0;
      dropped++;
    }
    return dropped;
  }

  /** Takes out everything that `isFree` says may go now. */
  release(isFree: (held: Held) => boolean): readonly Held[] {
    const free = this.held.filter(isFree);
    if (free.length === 0) return free;
    const released = new Set(free);
    this.held = this.held.filter((held) => !released.has(held));
    for (const held of free) this.bytes -= held.update.length;
    return free;
  }

  clear(): void {
    this.held = [];
    this.bytes = 0;
  }
}

function isSame(one: Held, other: Held): boolean {
  return (
    one.session === other.session &&
    one.seqFrom === other.seqFrom &&
    one.seqTo === other.seqTo &&
    one.chunk?.index === other.chunk?.index
  );
}
