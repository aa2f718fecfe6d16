import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Counts what ran. `npm test` sums the counts of its runs; a run of its own ends with the plain line. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        count[state === "pending" ? "skipped" : state] += 1;
      }
      // A file that could not be loaded has no tests; it must not pass unseen.
      if (module.errors().length > 0) count.failed += 1;
    }
    const tally = process.env["TEST_TALLY_FILE"];
    if (tally) writeFileSync(tally, JSON.stringify(count));
    else console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
