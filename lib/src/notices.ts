import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  type DocumentId,
  encodeFrame,
  type GroupName,
  limits,
  type NoticeContent,
  noticeSigningBytes,
} from "y-webpubsub/core";
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
 * Signed notices over REST, in a room one after the other; the SDK repeats what failed in passing. Notices are hints: what
 * cannot be sent is logged, counted and dropped, and the clients' checks find what it would have said.
 */
export class Notices {
  readonly #ports: NoticesPorts;
  readonly #abort: AbortController = new AbortController();
  /** What waits for its turn in each room where something is on its way. */
  readonly #lanes: Map<GroupName, Waiting[]> = new Map();
  readonly #sending: Set<Promise<void>> = new Set();
  #number = 0;

  constructor(ports: NoticesPorts) {
    this.#ports = ports;
  }

  publish(signer: Signer, room: Room, notice: NoticeContent): void {
    const lane = this.#lanes.get(room.group);
    const next: Waiting = { signer, room, notice };
    if (lane === undefined) {
      this.#begin(next);
      return;
    }
    // A later head says all that an earlier one did.
    if (notice.type === "stored") removeIf(lane, (other) => other.notice.type === "stored");
    const last = lane.at(-1);
    const joined = last === undefined ? null : joinedEntries(last.notice, notice);
    if (joined !== null) lane[lane.length - 1] = { ...next, notice: joined };
    else lane.push(next);
    this.#shed();
  }

  /** Waits a little for what is on its way, then gives it up. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#abort.abort(), noticeLimits.drainMs);
    await Promise.all(this.#sending);
    clearTimeout(timer);
  }

  #begin(first: Waiting): void {
    const lane: Waiting[] = [first];
    this.#lanes.set(first.room.group, lane);
    this.#shed();
    const sending = this.#sendAll(first.room.group, lane);
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  async #sendAll(group: GroupName, lane: Waiting[]): Promise<void> {
    for (let next = lane.shift(); next !== undefined; next = lane.shift()) await this.#send(next);
    this.#lanes.delete(group);
  }

  #shed(): void {
    let waiting = this.#sending.size;
    for (const lane of this.#lanes.values()) waiting += lane.length;
    for (const lane of this.#lanes.values()) {
      for (; waiting > noticeLimits.waitingMax && lane.length > 0; waiting--) {
        lane.shift();
        this.#ports.counters.count("notices-dropped");
      }
    }
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

/** AU2: entries that wait go together; null: they are too much for one notice, or no entries. */
function joinedEntries(before: NoticeContent, after: NoticeContent): NoticeContent | null {
  if (before.type !== "entries" || after.type !== "entries") return null;
  const entries = [...before.entries, ...after.entries];
  const bytes = entries.reduce((sum, { update }) => sum + update.length, 0);
  const fits = entries.length <= limits.syncLimits.publishedEntriesMax && bytes <= noticeLimits.entriesBytesMax;
  return fits ? { type: "entries", entries } : null;
}

function removeIf(lane: Waiting[], isOld: (waiting: Waiting) => boolean): void {
  for (let at = lane.length - 1; at >= 0; at--) {
    const waiting = lane[at];
    if (waiting !== undefined && isOld(waiting)) lane.splice(at, 1);
  }
}
