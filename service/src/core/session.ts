import type { Message } from "./message.ts";

/**
 * The reliable half of a connection: messages sent but not acknowledged, as references to shared messages.
 * Numbers start at 1 and have no gaps within one logical connection.
 */
export class Session {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #ring: (Entry | undefined)[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;
  #next = 1;

  constructor(bounds: { readonly messagesMax: number; readonly bytesMax: number }) {
    this.#messagesMax = bounds.messagesMax;
    this.#bytesMax = bounds.bytesMax;
  }

  get unacked(): number {
    return this.#count;
  }

  /** The number of the message, or "full": then the connection can no longer keep its promise and must end. */
  push(message: Message, bytes: number): number | "full" {
    if (this.#count >= this.#messagesMax || this.#bytes + bytes > this.#bytesMax) return "full";
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#start + this.#count) % this.#ring.length] = { message, bytes };
    this.#count += 1;
    this.#bytes += bytes;
    return this.#next++;
  }

  /** Forgets everything up to and including `sequenceId`. Numbers never sent and old ones do no harm. */
  acknowledge(sequenceId: number): void {
    while (this.#count > 0 && this.#next - this.#count <= sequenceId) {
      this.#bytes -= this.#ring[this.#start]?.bytes ?? 0;
      this.#ring[this.#start] = undefined;
      this.#start = (this.#start + 1) % this.#ring.length;
      this.#count -= 1;
    }
  }

  /** Unacknowledged messages with their old numbers, oldest first. */
  replay(visit: (message: Message, sequenceId: number) => void): void {
    const first = this.#next - this.#count;
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#ring[(this.#start + i) % this.#ring.length];
      if (entry !== undefined) visit(entry.message, first + i);
    }
  }

  #grow(): void {
    const size = Math.min(this.#messagesMax, Math.max(8, this.#ring.length * 2));
    const grown: (Entry | undefined)[] = new Array(size).fill(undefined);
    for (let i = 0; i < this.#count; i++) grown[i] = this.#ring[(this.#start + i) % this.#ring.length];
    this.#ring = grown;
    this.#start = 0;
  }
}

interface Entry {
  readonly message: Message;
  readonly bytes: number;
}
