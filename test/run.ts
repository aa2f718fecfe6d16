/** `npm test`: finds a browser, runs every project, and ends with one plain line of counts. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser } from "./support/browser.ts";

interface Stage {
  readonly projects: readonly string[];
  /** Files at once beyond one a core. */
  readonly extraWorkers: number;
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** One Vitest process each, one after the other. */
const stages: readonly Stage[] = [
  { projects: ["unit", "mocks", "conformance"], extraWorkers: 1 },
  { projects: ["sim"], extraWorkers: 1 },
  // Real processes and browsers mostly wait: for a network, a disk or each other.
  { projects: ["e2e", "crash", "browser"], extraWorkers: 2 },
];

const full = process.argv.includes("--full");
const browser = findBrowser();
console.log(`Browser: ${browser.path} (${browser.source})`);

const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-test-"));
const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  const { passed, failed, skipped } = run(stage);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
rmSync(folder, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function run({ projects, extraWorkers }: Stage): Count {
  const tally = join(folder, projects.join("-"));
  const workers = availableParallelism() + extraWorkers;
  const args = ["run", `--max-workers=${workers}`, ...projects.flatMap((name) => ["--project", name])];
  const vitest = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      CHROMIUM_PATH: browser.path,
      TEST_TALLY_FILE: tally,
      ...(full ? { TEST_FULL: "1" } : {}),
    },
  });
  const count: Count = existsSync(tally)
    ? (JSON.parse(readFileSync(tally, "utf8")) as Count)
    : { passed: 0, failed: 0, skipped: 0 };
  // A run that ended badly without a counted failure (a crash, a kill) is a failure too.
  if (count.failed === 0 && (vitest.status !== 0 || count.passed === 0)) count.failed = 1;
  return count;
}
