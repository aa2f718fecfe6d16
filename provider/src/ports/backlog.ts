import { portLimits } from "./limits.ts";

/**
 * Bytes that were published and are not yet known to have reached the service. A browser's send buffer is out of reach
 * through the official client, so the measure is the service's own ack of a marked publish: it covers all before it.
 */
export class Backlog {
  #sent = 0;
  #marked = 0;
  #arrived = 0;

  get bytes(): number {
    return this.#sent - this.#arrived;
  }

  /** Takes the bytes, or says "full" and takes nothing. One message always fits into an empty backlog. */
  offer(size: number): "accepted" | "full" {
    if (this.bytes > 0 && this.bytes + size > portLimits.backlogBytesMax) return "full";
    this.#sent += size;
    return "accepted";
  }

  /** Whether the publish just offered is due to be marked. */
  get markDue(): boolean {
    return this.#sent - this.#marked >= portLimits.backlogMarkBytes;
  }

  /** Marks what was offered so far; the returned function says that it arrived. */
  mark(): () => void {
    const upTo = this.#sent;
    this.#marked = upTo;
    return () => {
      this.#arrived = Math.max(this.#arrived, upTo);
    };
  }

  /** The line was lost: what was under way is not under way any more. */
  clear(): void {
    this.#marked = this.#sent;
    this.#arrived = this.#sent;
  }
}
