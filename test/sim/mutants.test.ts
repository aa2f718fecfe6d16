import { describe, expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { seedRange } from "./report.ts";
import { runSeeds } from "./runner.ts";

/** The same seeds pass unmutated (sim.test.ts). */
const ciSeeds = seedRange(1, 2_000);

describe("each planted bug is found", () => {
  for (const mutant of mutants) {
    test(`${mutant.rule} ${mutant.name}`, async () => {
      let found: { readonly seed: number; readonly problem: string } | undefined;
      await runSeeds({
        seeds: ciSeeds,
        jobs: 2,
        mutant,
        onResult({ seed, problem }) {
          if (problem !== undefined) found ??= { seed, problem };
          return found !== undefined;
        },
      });
      console.log(`${mutant.name}: seed ${found?.seed}: ${found?.problem.slice(0, 160)}`);
      expect(found).toBeDefined();
    }, 600_000);
  }
});
