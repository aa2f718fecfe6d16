import type { Client } from "./client.ts";
import type { BurstPlan } from "./driver.ts";
import { type Dialect, isReliable, messageFrame, sequenceAckFrame } from "./speech.ts";

/** As the official client does: it acknowledges at once when this many messages came since the last time. */
const messagesPerAck = 300;

/** Connections that get the same messages. The first one sends them. */
export class Group {
  readonly name: string;
  readonly members: Client[] = [];
  readonly #dialect: Dialect;
  #awaited = 0;
  #arrived: (() => void) | undefined;

  constructor(name: string, dialect: Dialect) {
    this.name = name;
    this.#dialect = dialect;
  }

  add(client: Client): void {
    this.members.push(client);
    // The first frame of a client of the service is `connected`: it has no number.
    const unnumbered = 1;
    const reliable = isReliable(this.#dialect);
    client.onFrame = () => {
      if (reliable && client.received % messagesPerAck === 0) {
        client.write(sequenceAckFrame(this.#dialect, client.received - unnumbered));
      }
      this.#awaited -= 1;
      if (this.#awaited === 0) this.#arrived?.();
    };
  }

  messageFrame(payloadBytes: number): Buffer {
    return messageFrame(this.#dialect, this.name, payloadBytes);
  }

  /** Sends `frames` in one write and resolves when every member has got all `count` of them. */
  relay(frames: Buffer, count: number): Promise<void> {
    this.#awaited = count * this.members.length;
    return new Promise((arrived) => {
      this.#arrived = arrived;
      this.members[0]?.write(frames);
    });
  }
}

/** Keeps every group busy for `ms`: a burst of `window` messages, and the next one when all of it has arrived. */
export async function burst(
  groups: readonly Group[],
  { window, payloadBytes, ms }: BurstPlan,
): Promise<{ readonly deliveries: number; readonly ms: number }> {
  const started = performance.now();
  let deliveries = 0;
  const busy = async (group: Group) => {
    const one = group.messageFrame(payloadBytes);
    const frames = Buffer.concat(Array.from({ length: window }, () => one));
    do {
      await group.relay(frames, window);
      deliveries += window * group.members.length;
    } while (performance.now() - started < ms);
  };
  await Promise.all(groups.map(busy));
  return { deliveries, ms: performance.now() - started };
}
