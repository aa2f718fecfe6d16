import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { type DocumentId, encodeFrame, type GroupName, type NoticeContent, noticeSigningBytes } from "y-webpubsub/core";
import type { Counters, Signer } from "./core/index.ts";
import { noticeLimits } from "./limits.ts";
import { type Log, reasonOf } from "./log-line.ts";

/** Where a notice goes. */
export interface Room {
  readonly document: DocumentId;
  readonly group: GroupName;
  readonly generation: number;
  readonly accessEpoch: number;
}

export interface NoticesPorts {
  readonly client: WebPubSubServiceClient;
  readonly counters: Counters;
  readonly log: Log;
}

interface Waiting {
  readonly signer: Signer;
  readonly room: Room;
  readonly notice: NoticeContent;
}

/**
 * Signed notices to a room over REST, one after the other; the SDK repeats what failed in passing. Notices are hints:
 * what cannot be sent is logged, counted and dropped, and the clients' checks find what it would have said.
 */
export class Notices {
  readonly #ports: NoticesPorts;
  readonly #abort: AbortController = new AbortController();
  #waiting: Waiting[] = [];
  #sending: Promise<void> | null = null;
  #number = 0;

  constructor(ports: NoticesPorts) {
    this.#ports = ports;
  }

  publish(signer: Signer, room: Room, notice: NoticeContent): void {
    // A later head says all that an earlier one did.
    if (notice.type === "stored") this.#waiting = this.#waiting.filter((other) => !isStoredIn(other, room));
    if (this.#waiting.length >= noticeLimits.waitingMax) {
      this.#waiting.shift();
      this.#ports.counters.count("notices-dropped");
    }
    this.#waiting.push({ signer, room, notice });
    this.#sending ??= this.#sendAll();
  }

  /** Waits a little for what is on its way, then gives it up. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#abort.abort(), noticeLimits.drainMs);
    await this.#sending;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await this.#send(next);
    this.#sending = null;
  }

  async #send({ signer, room, notice }: Waiting): Promise<void> {
    const { client, counters, log } = this.#ports;
    const { group, generation, accessEpoch } = room;
    const words = { group, generation, accessEpoch, counter: this.#counter(), notice };
    try {
      const frame = encodeFrame({ kind: "server", ...words, signature: signer.sign(noticeSigningBytes(words)) });
      const abortSignal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(noticeLimits.sendMs)]);
      await client.group(group).sendToAll(new Uint8Array(frame).buffer, { abortSignal });
      counters.count(`notices-${notice.type}`);
    } catch (error) {
      counters.count("notices-failed");
      const fields = { type: notice.type };
      log.write({
        level: "warn",
        event: "notice-failed",
        document: log.hash(room.document),
        reason: reasonOf(error),
        fields,
      });
    }
  }

  /** ID5: never the same twice from one key: the time, and a number of this process within the millisecond. */
  #counter(): number {
    this.#number = (this.#number + 1) % 1_000;
    return Date.now() * 1_000 + this.#number;
  }
}

function isStoredIn({ notice, room }: Waiting, { group }: Room): boolean {
  return notice.type === "stored" && room.group === group;
}
