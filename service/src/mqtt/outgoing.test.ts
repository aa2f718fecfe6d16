import { expect, test } from "vitest";
import { Message } from "../core/message.ts";
import { Outgoing } from "./outgoing.ts";

const bounds = { messagesMax: 5, bytesMax: 20 };

function delivery(text: string, expiresAt?: number) {
  const message = new Message({ from: "server" }, { dataType: "text", bytes: Buffer.from(text) }, expiresAt);
  return { message, qos: 1, subscriptionId: undefined } as const;
}

test("no more is in flight than the client takes, in the order it came", () => {
  const outgoing = new Outgoing(bounds);
  for (const text of ["a", "b", "c"]) expect(outgoing.add(delivery(text))).toBe(true);
  expect([outgoing.next(0, 2)?.packetId, outgoing.next(0, 2)?.packetId, outgoing.next(0, 2)]).toEqual([
    1,
    2,
    undefined,
  ]);
  expect([outgoing.settled(2), outgoing.settled(2), outgoing.settled(99)]).toEqual([true, false, false]);
  expect(outgoing.next(0, 2)).toMatchObject({ packetId: 3 });
});

test("messages and bytes are bounded, and room comes back", () => {
  const outgoing = new Outgoing(bounds);
  expect([outgoing.add(delivery("x".repeat(20))), outgoing.add(delivery("y"))]).toEqual([true, false]);
  outgoing.next(0, 1);
  outgoing.settled(1);
  for (let at = 0; at < 5; at++) expect(outgoing.add(delivery("z"))).toBe(true);
  expect(outgoing.add(delivery("z"))).toBe(false);
});

test("what expires while it waits is forgotten; what the client has may still be completed", () => {
  const outgoing = new Outgoing(bounds);
  outgoing.add(delivery("sent", 10));
  outgoing.add(delivery("released", 10));
  outgoing.add(delivery("waiting", 10));
  outgoing.next(0, 2);
  outgoing.next(0, 2);
  outgoing.release(2);
  expect([...outgoing.again(10)].map(({ packetId, released }) => [packetId, released])).toEqual([[2, true]]);
  expect(outgoing.next(10, 5)).toBeUndefined();
  outgoing.settled(2);
  expect(outgoing.add(delivery("x".repeat(20)))).toBe(true);
});

test("packet ids start over at 1 and skip those in use", () => {
  const outgoing = new Outgoing({ messagesMax: 10, bytesMax: 100 });
  outgoing.add(delivery("stays"));
  expect(outgoing.next(0, 10)?.packetId).toBe(1);
  for (let id = 2; id <= 65_535; id++) {
    outgoing.add(delivery(""));
    outgoing.settled(outgoing.next(0, 10)?.packetId ?? 0);
  }
  outgoing.add(delivery(""));
  expect(outgoing.next(0, 10)?.packetId).toBe(2);
});
