import type { Context } from "./context.ts";
import { presenceLimits } from "./limits.ts";
import type { SessionId } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";

interface Heard {
  top: number;
  readonly recent: Set<number>;
}

/** PR5: numbers the own messages and sees repetitions of others'. */
export class Broadcasts {
  private readonly sessions = new Map<SessionId, Heard>();
  private readonly context: Context;
  private last = 0;

  constructor(context: Context) {
    this.context = context;
  }

  next(): number {
    this.last++;
    return this.last;
  }

  /** Another member's. */
  receive(from: Sender, number: number, bytes: Uint8Array): void {
    const { drops, emit } = this.context;
    if (bytes.length > presenceLimits.broadcastBytesMax) drops.drop("broadcast-too-large");
    else if (!this.isNew(from.session, number)) drops.drop("duplicate-broadcast");
    else emit({ type: "broadcast", from, bytes });
  }

  /** False: it came before, or is older than the window that is remembered. */
  isNew(session: SessionId, number: number): boolean {
    const heard = this.sessions.get(session) ?? { top: 0, recent: new Set<number>() };
    if (number <= heard.top - presenceLimits.broadcastWindow || heard.recent.has(number)) return false;
    heard.recent.add(number);
    heard.top = Math.max(heard.top, number);
    for (const old of heard.recent) if (old <= heard.top - presenceLimits.broadcastWindow) heard.recent.delete(old);
    this.remember(session, heard);
    return true;
  }

  private remember(session: SessionId, heard: Heard): void {
    this.sessions.delete(session);
    this.sessions.set(session, heard);
    if (this.sessions.size <= presenceLimits.broadcastSessionsMax) return;
    for (const oldest of this.sessions.keys()) {
      this.sessions.delete(oldest);
      return;
    }
  }
}
