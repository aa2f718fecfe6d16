import { describe, expect, test } from "vitest";
import { SeededRandom } from "./testing/seeded-random.ts";
import { UpdateOrder } from "./update-order.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

interface Reference {
  readonly clock: number;
  readonly target: number;
  readonly targetClock: number;
}
interface Block {
  readonly client: number;
  readonly start: number;
  readonly references: readonly Reference[];
}

function isCircular(blocks: readonly Block[]): boolean {
  const order = new UpdateOrder();
  for (const { client, start, references } of blocks) {
    order.begin(client, start);
    for (const { clock, target, targetClock } of references) order.refer(clock, target, targetClock);
  }
  return order.isCircular();
}

/** The same question, answered by integrating whatever can be until nothing moves. */
function getsStuck(blocks: readonly Block[]): boolean {
  const next = new Map(blocks.map((block) => [block.client, 0]));
  const reached = (client: number): number => {
    const block = blocks.find((candidate) => candidate.client === client);
    return block?.references[next.get(client) ?? 0]?.clock ?? Number.POSITIVE_INFINITY;
  };
  for (let moved = true; moved; ) {
    moved = false;
    for (const { client, references } of blocks) {
      const at = next.get(client) ?? 0;
      const reference = references[at];
      if (reference === undefined) continue;
      const start = blocks.find((block) => block.client === reference.target)?.start ?? Number.POSITIVE_INFINITY;
      if (reference.targetClock >= start && reached(reference.target) <= reference.targetClock) continue;
      next.set(client, at + 1);
      moved = true;
    }
  }
  return blocks.some(({ client, references }) => (next.get(client) ?? 0) < references.length);
}

describe("references between the clients of an update", () => {
  test(`a circle is found exactly when integration would get stuck, over 20,000 random updates (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const counts = { circular: 0, sound: 0 };
    for (let sample = 0; sample < 20_000; sample++) {
      const clients = Array.from({ length: 2 + random.below(4) }, (_, client) => client);
      const blocks = clients.map((client): Block => {
        const start = random.below(3);
        const clocks = Array.from({ length: random.below(5) }, () => start + random.below(6)).sort((a, b) => a - b);
        const others = clients.filter((other) => other !== client).concat(99);
        return {
          client,
          start,
          references: clocks.map((clock) => ({ clock, target: random.pick(others), targetClock: random.below(9) })),
        };
      });
      const circular = isCircular(blocks);
      expect(circular).toBe(getsStuck(blocks));
      if (circular) counts.circular++;
      else counts.sound++;
    }
    expect(Math.min(counts.circular, counts.sound)).toBeGreaterThan(1_000);
  });

  test("a chain through 2,000 clients, 200 references each, is followed quickly", () => {
    const blocks = Array.from(
      { length: 2_000 },
      (_, client): Block => ({
        client,
        start: 0,
        references: Array.from({ length: 200 }, (_unused, clock) => ({
          clock,
          target: client + 1,
          targetClock: clock,
        })),
      }),
    );
    expect(isCircular(blocks)).toBe(false);
  });
});
