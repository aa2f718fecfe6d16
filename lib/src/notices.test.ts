import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { describe, expect, test } from "vitest";
import {
  type Cursor,
  type DocumentId,
  decodeFrame,
  type GroupName,
  noticeSigningBytes,
  type SessionId,
  type UserId,
} from "y-webpubsub/core";
import { noticeLimits } from "./limits.ts";
import { Log } from "./log-line.ts";
import { Metrics } from "./metrics.ts";
import { Notices, type Room } from "./notices.ts";

const signer = {
  publicKey: new Uint8Array(32),
  sign: (bytes: Uint8Array) => new Uint8Array(64).fill(bytes.length % 256),
};

function room(group: string): Room {
  return { document: "d" as DocumentId, group: group as GroupName, generation: 1, accessEpoch: 1 };
}

/** A service that keeps what it was sent; each send waits until it is let go. */
class Service {
  readonly sent: { readonly group: string; readonly bytes: Uint8Array }[] = [];
  readonly #waiting: (() => void)[] = [];
  failing = false;

  get client(): WebPubSubServiceClient {
    const sendToAll = (group: string, bytes: ArrayBuffer) =>
      new Promise<void>((resolve, reject) => {
        this.sent.push({ group, bytes: new Uint8Array(bytes) });
        this.#waiting.push(this.failing ? () => reject(new Error("down")) : resolve);
      });
    const group = (name: string) => ({ sendToAll: (bytes: ArrayBuffer) => sendToAll(name, bytes) });
    return { group } as unknown as WebPubSubServiceClient;
  }

  async letGo(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function start(): { service: Service; metrics: Metrics; notices: Notices } {
  const service = new Service();
  const metrics = new Metrics();
  const log = new Log(() => undefined, "");
  return { service, metrics, notices: new Notices({ client: service.client, counters: metrics, log }) };
}

describe("notices", () => {
  test("ID5 a notice is a signed frame with a counter that is never used twice", async () => {
    const { service, notices } = start();
    const bye = { type: "bye", session: "AAAAAAAAAAAAAAAA" as SessionId } as const;
    notices.publish(signer, room("g"), bye);
    notices.publish(signer, room("g"), bye);
    await service.letGo();
    const frames = service.sent.map(({ bytes }) => decodeFrame(bytes));
    const counters = frames.map((frame) => frame.ok && frame.value.kind === "server" && frame.value.counter);
    expect(new Set(counters).size).toBe(2);
    const [first] = frames;
    if (!first?.ok || first.value.kind !== "server") throw new Error("not a server frame");
    expect(first.value).toMatchObject({ group: "g", generation: 1, accessEpoch: 1, notice: bye });
    expect(first.value.signature).toEqual(signer.sign(noticeSigningBytes(first.value)));
  });

  test("SY10 of several heads of one room only the last is sent", async () => {
    const { service, notices } = start();
    for (const cursor of ["1", "2", "3"])
      notices.publish(signer, room("g"), { type: "stored", cursor: cursor as Cursor });
    notices.publish(signer, room("h"), { type: "stored", cursor: "9" as Cursor });
    await service.letGo();
    expect(service.sent.map(({ group }) => group)).toEqual(["g", "h", "g"]);
  });

  test("AU2 entries that wait for their turn in a room go together, as far as one notice carries them", async () => {
    const { service, notices } = start();
    const entry = (seq: number, bytes: number) => ({
      ...{ session: "AAAAAAAAAAAAAAAA" as SessionId, userId: "ada" as UserId, seqFrom: seq, seqTo: seq, owners: [] },
      update: new Uint8Array(bytes),
    });
    const half = noticeLimits.entriesBytesMax / 2;
    for (const [seq, bytes] of [10, 10, 10, half, half, 10].entries()) {
      notices.publish(signer, room("g"), { type: "entries", entries: [entry(seq + 1, bytes)] });
    }
    notices.publish(signer, room("g"), { type: "renegotiate" });
    notices.publish(signer, room("g"), { type: "entries", entries: [entry(7, 10)] });
    await service.letGo();
    const notice = ({ bytes }: { readonly bytes: Uint8Array }) => {
      const frame = decodeFrame(bytes);
      if (!frame.ok || frame.value.kind !== "server") throw new Error("not a server frame");
      return frame.value.notice;
    };
    const told = service.sent.map(notice);
    expect(told.map((one) => (one.type === "entries" ? one.entries.map(({ seqTo }) => seqTo) : one.type))).toEqual([
      [1],
      [2, 3, 4],
      [5, 6],
      "renegotiate",
      [7],
    ]);
  });

  test("waiting notices are bounded, and what fails is counted and dropped", async () => {
    const { service, metrics, notices } = start();
    service.failing = true;
    for (let at = 0; at < noticeLimits.waitingMax + 11; at++)
      notices.publish(signer, room(`g${at}`), { type: "renegotiate" });
    await service.letGo();
    expect(metrics.all()).toMatchObject({ "notices-dropped": 11, "notices-failed": noticeLimits.waitingMax });
    await notices.close();
  });
});
