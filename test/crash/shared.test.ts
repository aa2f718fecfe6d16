import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { broken, isKept, describe as outcomeOf } from "./leg.ts";
import { type Backend, sharedLegs, sharedStores, startBackend } from "./shared-legs.ts";

const cycles = process.env["TEST_FULL"] ? 200 : 25;
const seed = Number(process.env["SEED"] ?? 20261121);

describe.each(sharedStores)(`%s is broken in every way (seed ${seed})`, (name) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await startBackend(name);
  }, 300_000);
  afterAll(() => backend?.stop());

  describe.each(sharedLegs)("$name", ({ share, run, control }) => {
    const options = { seed, cycles: Math.max(1, Math.round(cycles * share)) };
    const timeout = 60_000 + cycles * 10_000;

    test("DU3 keeps every acknowledged upload exactly once", { timeout }, async () => {
      const outcome = await run(backend, options);
      console.log(`${name}: ${outcomeOf(outcome)}`);
      expect(outcome.findings.acknowledged).toBeGreaterThan(0);
      expect(isKept(outcome), outcomeOf(outcome)).toBe(true);
    });

    if (control === null) return;
    test("sees what a compaction loses that removes more than it folded", { timeout }, async () => {
      const outcome = await broken((count) => control(backend, { seed, cycles: count }));
      expect(isKept(outcome), outcomeOf(outcome)).toBe(false);
    });
  });
});
