import { expect, test } from "vitest";
import { EventQueue } from "./event-queue.ts";

function held(): { readonly run: () => Promise<void>; readonly release: () => void } {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { run: () => gate, release: () => release() };
}

test("tasks run one after the other, in order, and idle comes at the end", async () => {
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    const queue = new EventQueue({ countMax: 10, bytesMax: 10 }, () => {
      seen.push("idle");
      resolve();
    });
    const first = held();
    queue.add(async () => {
      seen.push("first begins");
      await first.run();
      seen.push("first ends");
    });
    queue.add(async () => void seen.push("second"));
    expect([seen, queue.busy]).toEqual([["first begins"], true]);
    first.release();
  });
  expect(seen).toEqual(["first begins", "first ends", "second", "idle"]);
});

test("count and bytes are bounded, `add` passes the bounds, and what has run makes room", async () => {
  let idle: () => void = () => undefined;
  const queue = new EventQueue({ countMax: 2, bytesMax: 10 }, () => idle());
  const gate = held();
  expect(queue.offer(gate.run, 4)).toBe(true);
  expect(queue.offer(gate.run, 7)).toBe(false);
  expect([queue.offer(gate.run, 6), queue.offer(gate.run, 0)]).toEqual([true, true]);
  expect(queue.offer(gate.run, 0)).toBe(false);
  queue.add(gate.run);
  const done = new Promise<void>((resolve) => {
    idle = resolve;
  });
  gate.release();
  await done;
  expect(queue.offer(gate.run, 10)).toBe(true);
});
