/** `npm test`: finds a browser, runs every project, and ends with one plain line of counts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser } from "./support/browser.ts";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Projects of one Vitest process. Real processes and browsers run one file at a time. */
interface Lane {
  readonly projects: readonly string[];
  readonly oneByOne?: true;
}

/**
 * Stages run one after the other, the lanes of a stage at once: pages mostly wait for the network while servers mostly
 * wait for the disk, and never more than two of them fight for the machine.
 */
const stages: readonly (readonly Lane[])[] = [
  [{ projects: ["unit", "mocks", "conformance"] }],
  [{ projects: ["sim"] }],
  [
    { projects: ["browser"], oneByOne: true },
    { projects: ["e2e", "crash"], oneByOne: true },
  ],
];

const full = process.argv.includes("--full");
const browser = findBrowser();
console.log(`Browser: ${browser.path} (${browser.source})`);

const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-test-"));
const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  for (const count of await Promise.all(stage.map(run))) {
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
}
rmSync(folder, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

async function run({ projects, oneByOne }: Lane): Promise<Count> {
  const tally = join(folder, projects.join("-"));
  const args = [
    "run",
    ...projects.flatMap((name) => ["--project", name]),
    ...(oneByOne ? ["--no-file-parallelism"] : []),
  ];
  const vitest = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      CHROMIUM_PATH: browser.path,
      TEST_TALLY_FILE: tally,
      ...(full ? { TEST_FULL: "1" } : {}),
    },
  });
  const [code] = await once(vitest, "exit");
  const count: Count = existsSync(tally)
    ? (JSON.parse(readFileSync(tally, "utf8")) as Count)
    : { passed: 0, failed: 0, skipped: 0 };
  // A run that ended badly without a counted failure (a crash, a kill) is a failure too.
  if (count.failed === 0 && (code !== 0 || count.passed === 0)) count.failed = 1;
  return count;
}
