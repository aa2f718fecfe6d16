import type { Limits } from "../core/limits.ts";
import type { Message } from "../core/message.ts";

/** One message on its way to one client, with QoS 1 or 2. */
export interface Delivery {
  readonly message: Message;
  readonly qos: 1 | 2;
  readonly subscriptionId: number | undefined;
  /** Default: that of the message. */
  readonly topic?: string;
}

interface InFlight extends Delivery {
  /** QoS 2: the client has it, and is owed a PUBREL until its PUBCOMP. */
  released: boolean;
}

const packetIdMax = 0xffff;

/** So many publishes with QoS 1 and 2 may a client have unfinished. */
export function receiveMaximum({ unackedMessagesMax }: Limits): number {
  return Math.min(unackedMessagesMax, packetIdMax);
}

/** What one session still owes its client: bounded, kept over a lost transport, forgotten when acknowledged. */
export class Outgoing {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #inFlight: Map<number, InFlight> = new Map();
  #waiting: Delivery[] = [];
  #bytes = 0;
  #lastId = 0;

  constructor(bounds: { readonly messagesMax: number; readonly bytesMax: number }) {
    this.#messagesMax = bounds.messagesMax;
    this.#bytesMax = bounds.bytesMax;
  }

  /** So many messages have a packet id and no acknowledgement yet. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** False when the session can no longer keep its promise and must end. */
  add(delivery: Delivery): boolean {
    const bytes = delivery.message.bytes.length;
    if (this.#inFlight.size + this.#waiting.length >= this.#messagesMax || this.#bytes + bytes > this.#bytesMax) {
      return false;
    }
    this.#waiting.push(delivery);
    this.#bytes += bytes;
    return true;
  }

  /** The next one that may be sent, now in flight; those that have expired are forgotten. */
  next(now: number, receiveMaximum: number): { readonly packetId: number; readonly delivery: Delivery } | undefined {
    if (this.#inFlight.size >= receiveMaximum) return undefined;
    for (let at = 0; at < this.#waiting.length; at++) {
      const delivery = this.#waiting[at];
      if (delivery === undefined || delivery.message.expired(now)) {
        this.#bytes -= delivery?.message.bytes.length ?? 0;
        continue;
      }
      this.#waiting = this.#waiting.slice(at + 1);
      const packetId = this.#newId();
      this.#inFlight.set(packetId, { ...delivery, released: false });
      return { packetId, delivery };
    }
    this.#waiting = [];
    return undefined;
  }

  /** PUBACK, PUBCOMP, or a PUBREC that refuses. False when nothing has this id. */
  settled(packetId: number): boolean {
    const found = this.#inFlight.get(packetId);
    if (found === undefined) return false;
    this.#inFlight.delete(packetId);
    this.#bytes -= found.message.bytes.length;
    return true;
  }

  /** PUBREC: the client has the message. False when nothing has this id. */
  release(packetId: number): boolean {
    const found = this.#inFlight.get(packetId);
    if (found === undefined) return false;
    found.released = true;
    return true;
  }

  /** For a new transport: everything in flight, in the old order. What has expired and is not taken yet is forgotten. */
  *again(
    now: number,
  ): Generator<{ readonly packetId: number; readonly delivery: Delivery; readonly released: boolean }> {
    for (const [packetId, delivery] of [...this.#inFlight]) {
      if (!delivery.released && delivery.message.expired(now)) this.settled(packetId);
      else yield { packetId, delivery, released: delivery.released };
    }
  }

  #newId(): number {
    do this.#lastId = (this.#lastId % packetIdMax) + 1;
    while (this.#inFlight.has(this.#lastId));
    return this.#lastId;
  }
}
