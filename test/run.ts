/** `npm test`: finds a browser, runs every project in turn, and ends with one plain line of counts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser } from "./support/browser.ts";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Real processes and browsers run one file at a time, so that two of them never fight for the machine. */
const stages: readonly (readonly string[])[] = [
  ["--project", "unit", "--project", "conformance"],
  ["--project", "sim"],
  ["--project", "e2e", "--project", "crash", "--project", "browser", "--no-file-parallelism"],
];

const full = process.argv.includes("--full");
const browser = findBrowser();
console.log(`Browser: ${browser.path} (${browser.source})`);

const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-test-"));
const tally = join(folder, "tally");
writeFileSync(tally, "");
const env = {
  ...process.env,
  CHROMIUM_PATH: browser.path,
  TEST_TALLY_FILE: tally,
  ...(full ? { TEST_FULL: "1" } : {}),
};

let broken = 0;
for (const stage of stages) {
  const before = counts().length;
  const vitest = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...stage], {
    stdio: "inherit",
    env,
  });
  const counted = counts().slice(before);
  const failed = counted.reduce((sum, count) => sum + count.failed, 0);
  // A run that ended badly without a counted failure (a crash, a kill) is a failure too.
  if (counted.length === 0 || (vitest.status !== 0 && failed === 0)) broken += 1;
}

const total = counts().reduce(
  (sum, count) => ({
    passed: sum.passed + count.passed,
    failed: sum.failed + count.failed,
    skipped: sum.skipped + count.skipped,
  }),
  { passed: 0, failed: broken, skipped: 0 },
);
rmSync(folder, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function counts(): Count[] {
  return readFileSync(tally, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Count);
}
