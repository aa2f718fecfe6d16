import { EventEmitter } from "node:events";
import type { Response } from "express";
import { describe, expect, test } from "vitest";
import { AnswerPlaces } from "./answer-places.ts";
import { httpLimits } from "./limits.ts";

class FakeResponse extends EventEmitter {
  stalls: () => void = () => undefined;
  isDestroyed = false;

  setTimeout(_ms: number, stalls: () => void): void {
    this.stalls = stalls;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }
}

describe("answers under way", () => {
  const places = new AnswerPlaces();

  function ask(user: string): {
    readonly response: FakeResponse;
    readonly order: string[];
    readonly done: Promise<void>;
  } {
    const response = new FakeResponse();
    const order: string[] = [];
    const done = places.take(user, response as unknown as Response).then(
      () => void order.push("made"),
      () => void order.push("gone"),
    );
    return { response, order, done };
  }

  test("N are made, N + 1 waits for its turn, and others are not concerned", async () => {
    const first = Array.from({ length: httpLimits.answersMax }, () => ask("ada"));
    await Promise.all(first.map(({ done }) => done));
    const [left, next, last] = [ask("ada"), ask("ada"), ask("ada")];
    await ask("bob").done;
    expect([left, next, last].map(({ order }) => order)).toEqual([[], [], []]);
    left.response.emit("close");
    await left.done;
    expect(left.order).toEqual(["gone"]);
    first[0]?.response.emit("close");
    await next.done;
    expect([next.order, last.order]).toEqual([["made"], []]);
    // One that nobody reads is cut off, and its place is free.
    first[1]?.response.stalls();
    await last.done;
    expect([first[1]?.response.isDestroyed, last.order]).toEqual([true, ["made"]]);
    for (const { response } of [...first.slice(2), next, last]) response.emit("close");
    await ask("ada").done;
  });
});
