import { describe, expect, test } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { bytesOf, parts } from "./testing/hostile.ts";
import { hostileAwareness } from "./testing/hostile-awareness.ts";
import { mutated } from "./testing/mutation.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { awarenessLimits, validateAwareness } from "./validate-awareness.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

function awareness(clientId: number): Awareness {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  return new Awareness(doc);
}

describe("PR awareness updates", () => {
  test.each(hostileAwareness)("$name is refused: $problem", ({ bytes, problem }) => {
    expect(validateAwareness(bytes, awarenessLimits)).toEqual({ ok: false, problem });
  });

  test("what y-protocols writes is read: states and removals", () => {
    const source = awareness(7);
    source.setLocalState({ user: { name: "Zoë 😀", color: "#aabbcc" }, cursor: null });
    const state = validateAwareness(encodeAwarenessUpdate(source, [7]), awarenessLimits);
    source.setLocalState(null);
    const removal = validateAwareness(encodeAwarenessUpdate(source, [7]), awarenessLimits);
    source.destroy();
    const user = { name: "Zoë 😀", color: "#aabbcc" };
    expect(state).toEqual({ ok: true, entries: [{ clientId: 7, clock: 1, state: { user, cursor: null } }] });
    expect(removal).toEqual({ ok: true, entries: [{ clientId: 7, clock: 2, state: null }] });
  });

  test("each limit: N passes, N + 1 does not", () => {
    const entries = (count: number, json = "{}", clock = 1): Uint8Array =>
      bytesOf(parts(count), ...Array.from({ length: count }, (_, index) => parts(index, clock, json)));
    const { entriesMax, entryBytesMax, clockMax, jsonDepthMax } = awarenessLimits;
    const sized = (bytes: number): string => JSON.stringify({ a: "x".repeat(bytes - 8) });
    const nested = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    const ok = (bytes: Uint8Array): boolean => validateAwareness(bytes, awarenessLimits).ok;
    expect([ok(entries(entriesMax)), ok(entries(entriesMax + 1))]).toEqual([true, false]);
    expect([ok(entries(1, sized(entryBytesMax))), ok(entries(1, sized(entryBytesMax + 1)))]).toEqual([true, false]);
    expect([ok(entries(1, nested(jsonDepthMax))), ok(entries(1, nested(jsonDepthMax + 1)))]).toEqual([true, false]);
    expect([ok(entries(1, "{}", clockMax)), ok(entries(1, "{}", clockMax + 1))]).toEqual([true, false]);
  });

  test(`what survives 20,000 mutations and the validator, y-protocols applies (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const receiver = awareness(1);
    const bases = [
      {},
      { user: { name: "Ada", color: "#123456" } },
      { cursor: [1, 2.5, null, true], a: { b: '"\\😀' } },
    ].map((state, index) => bytesOf(parts(2, 100 + index, 3, JSON.stringify(state), 200 + index, 9, "null")));
    let accepted = 0;
    for (let sample = 0; sample < 20_000; sample++) {
      const update = mutated(random, random.pick(bases), random.pick(bases));
      const validated = validateAwareness(update, awarenessLimits);
      if (!validated.ok) continue;
      accepted++;
      applyAwarenessUpdate(receiver, update, null);
      for (const { clientId, clock, state } of validated.entries) {
        const known = receiver.meta.get(clientId)?.clock ?? 0;
        if (clientId !== 1 && known === clock && state !== null) expect(receiver.states.get(clientId)).toBeDefined();
      }
    }
    encodeAwarenessUpdate(receiver, [...receiver.states.keys()]);
    receiver.destroy();
    expect(accepted).toBeGreaterThan(500);
  });
});
