import { describe, expect, test } from "vitest";
import { Ping } from "./ping.ts";

/** Three clients; what one sends, the others hear at the given time. */
function three() {
  const sent: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  const pings = [1, 2, 3].map((me) => new Ping((bytes) => sent.push({ from: me, bytes }), me));
  const deliver = (now: number): void => {
    for (const { from, bytes } of sent.splice(0)) {
      for (const [index, ping] of pings.entries()) if (index + 1 !== from) ping.receive(bytes, now);
    }
  };
  const [ada, bob, eve] = pings;
  if (!ada || !bob || !eve) throw new Error("There are three.");
  return { ada, bob, eve, sent, deliver };
}

describe("the round trip to another client", () => {
  test("is the time from the question to the answer of the one who was asked", () => {
    const { ada, bob, eve, sent, deliver } = three();
    ada.ask(2, 1_000);
    deliver(1_010);
    expect(sent).toHaveLength(1);
    deliver(1_034);
    expect([ada, bob, eve].map((ping) => ping.roundTripMs)).toEqual([34, null, null]);
  });

  test("an answer to an older question, or a repeated one, measures nothing", () => {
    const { ada, sent, deliver } = three();
    ada.ask(2, 0);
    const question = sent.splice(0);
    ada.ask(3, 5_000);
    sent.unshift(...question);
    deliver(5_010);
    deliver(5_020);
    expect(ada.roundTripMs).toBe(20);
  });

  test("whoever asks in a hurry is answered five times a second at most", () => {
    const { ada, sent, deliver } = three();
    for (let at = 0; at < 50; at += 1) ada.ask(2, at);
    deliver(100);
    expect(sent).toHaveLength(1);
  });

  test("other bytes are left to others", () => {
    const { ada } = three();
    for (const bytes of [[], [2], [1, 0, 0, 0, 0, 2, 0, 0, 0, 0], Array.from({ length: 11 }, () => 2)])
      expect(ada.receive(Uint8Array.from(bytes), 0)).toBe(false);
  });
});
