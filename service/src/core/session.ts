import type { Message } from "./message.ts";

/**
 * The reliable half of a connection: messages sent but not acknowledged, as references to shared messages.
 * Numbers start at 1 and are given without gaps; an expired message is not repeated, so a replay may skip some.
 *
 * The ring is three arrays side by side: an object for each delivery would cost more than everything else here.
 */
export class Session {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #messages: (Message | undefined)[] = [];
  #sizes: number[] = [];
  #sequenceIds: number[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;
  #next = 1;
  #mortal = 0;

  constructor(bounds: { readonly messagesMax: number; readonly bytesMax: number }) {
    this.#messagesMax = bounds.messagesMax;
    this.#bytesMax = bounds.bytesMax;
  }

  get unacked(): number {
    return this.#count;
  }

  /** Whether a kept message can expire. While none can, `push` does not look at the time. */
  get mayExpire(): boolean {
    return this.#mortal > 0;
  }

  /** The number of the message, or "full": then the connection can no longer keep its promise and must end. */
  push(message: Message, bytes: number, now: number): number | "full" {
    if (this.#isFullFor(bytes)) this.#dropExpired(now);
    if (this.#isFullFor(bytes)) return "full";
    if (this.#count === this.#messages.length) this.#grow();
    const at = this.#place(this.#count);
    const sequenceId = this.#next++;
    this.#messages[at] = message;
    this.#sizes[at] = bytes;
    this.#sequenceIds[at] = sequenceId;
    this.#count += 1;
    this.#bytes += bytes;
    if (message.expiresAt !== undefined) this.#mortal += 1;
    return sequenceId;
  }

  /** Forgets everything up to and including `sequenceId`. Numbers never sent and old ones do no harm. */
  acknowledge(sequenceId: number): void {
    while (this.#count > 0 && (this.#sequenceIds[this.#start] ?? 0) <= sequenceId) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      if (this.#messages[this.#start]?.expiresAt !== undefined) this.#mortal -= 1;
      this.#messages[this.#start] = undefined;
      this.#start = this.#place(1);
      this.#count -= 1;
    }
  }

  /** Unacknowledged messages with their old numbers, oldest first; those that expired meanwhile are forgotten. */
  replay(now: number, visit: (message: Message, sequenceId: number) => void): void {
    this.#dropExpired(now);
    this.#each((message, sequenceId) => visit(message, sequenceId));
  }

  #isFullFor(bytes: number): boolean {
    return this.#count >= this.#messagesMax || this.#bytes + bytes > this.#bytesMax;
  }

  #dropExpired(now: number): void {
    if (this.#mortal === 0) return;
    this.#rebuild(this.#messages.length, (message) => !message.expired(now));
  }

  #grow(): void {
    this.#rebuild(Math.min(this.#messagesMax, Math.max(8, this.#messages.length * 2)), () => true);
  }

  #rebuild(size: number, isKept: (message: Message) => boolean): void {
    const messages: (Message | undefined)[] = new Array(size).fill(undefined);
    const sizes: number[] = new Array(size).fill(0);
    const sequenceIds: number[] = new Array(size).fill(0);
    let [count, bytes, mortal] = [0, 0, 0];
    this.#each((message, sequenceId, messageBytes) => {
      if (!isKept(message)) return;
      messages[count] = message;
      sizes[count] = messageBytes;
      sequenceIds[count] = sequenceId;
      count += 1;
      bytes += messageBytes;
      if (message.expiresAt !== undefined) mortal += 1;
    });
    [this.#messages, this.#sizes, this.#sequenceIds] = [messages, sizes, sequenceIds];
    [this.#start, this.#count, this.#bytes, this.#mortal] = [0, count, bytes, mortal];
  }

  #each(visit: (message: Message, sequenceId: number, bytes: number) => void): void {
    for (let i = 0; i < this.#count; i++) {
      const at = this.#place(i);
      const message = this.#messages[at];
      if (message !== undefined) visit(message, this.#sequenceIds[at] ?? 0, this.#sizes[at] ?? 0);
    }
  }

  #place(offset: number): number {
    const at = this.#start + offset;
    return at < this.#messages.length ? at : at - this.#messages.length;
  }
}
