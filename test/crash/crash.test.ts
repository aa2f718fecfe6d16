import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";
import { broken, isKept, describe as outcomeOf } from "./leg.ts";
import { levelLegs } from "./legs.ts";

const cycles = process.env["TEST_FULL"] ? 200 : 25;
const seed = Number(process.env["SEED"] ?? 20261121);

/** Never silently: what this machine cannot do is said. */
const runnable = levelLegs.filter((leg) => {
  const impossible = leg.impossible();
  if (impossible !== null) console.warn(`Not run: ${leg.name}, because ${impossible}.`);
  return impossible === null;
});

describe(`LevelStore is broken in every way (seed ${seed})`, () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "y-webpubsub-crash-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  describe.each(runnable)("$name", (leg) => {
    const options = { seed, cycles: Math.max(1, Math.round(cycles * leg.share)) };
    const timeout = 60_000 + cycles * 10_000;

    test("DU3 keeps every acknowledged upload exactly once", { timeout }, async () => {
      const outcome = await leg.run(directory, options);
      console.log(`${leg.name}: ${outcomeOf(outcome)}`);
      expect(outcome.faults).toBeGreaterThan(0);
      expect(outcome.findings.acknowledged).toBeGreaterThan(0);
      expect(isKept(outcome), outcomeOf(outcome)).toBe(true);
    });

    const { control } = leg;
    if (control === null) return;
    test("sees what a store with a fault loses", { timeout }, async () => {
      const outcome = await broken((count) =>
        control(mkdtempSync(join(directory, "control-")), { seed, cycles: count }),
      );
      expect(isKept(outcome), outcomeOf(outcome)).toBe(false);
    });
  });
});

describe("npm run crash", () => {
  test.each([
    [["--cycles", "many"], '--cycles is "many". It takes a whole number from 1 on.'],
    [["--leg", "flood"], 'There is no leg "flood".'],
    [["--sead", "1"], "--sead"],
  ])("%j is explained", (args, explanation) => {
    expect(readCommandLine(args)).toMatchObject({ type: "wrong", problem: expect.stringContaining(explanation) });
  });
});
