import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addCounts, describeFailure, mixedSeeds } from "./report.ts";
import { runSeeds } from "./runner.ts";
import type { WorldResult } from "./world.ts";

const full = process.env["TEST_FULL"] === "1";
const seeds = mixedSeeds(full ? 40_000 : 2_000);
const jobs = 2;

/** Kinds of faults and repairs that must have happened somewhere, or the simulation proves nothing. */
const mustHappen = [
  ...[
    "edit",
    "presence",
    "broadcast",
    "receipt",
    "remote-updates",
    "log-read",
    "snapshot-read",
    "compacted",
    "gap-repaired",
  ],
  ...["frame-lost", "frame-duplicated", "frame-reordered", "partition-up", "partition-down", "partition-both"],
  ...["line-cut", "line-refused", "line-half-open", "recovered", "recovery-refused", "ack-missing"],
  ...[
    "http-lost-request",
    "http-lost-reply",
    "http-unavailable",
    "http-throttled",
    "http-server-down",
    "http-server-died",
  ],
  ...["disk-crash-before-write", "disk-crash-after-write", "disk-unsynced-lost", "disk-full"],
  ...["fault-freeze", "fault-offline", "fault-disconnect", "fault-hide", "fault-close-tab", "fault-service-down"],
  ...["fault-access-change", "access-changed"],
  ...["hub-detached", "hub-recovered", "hub-recovery-refused", "forged"],
  ...["hostile", "tab-cloned", "moved", "old-member", "fault-new-account"],
];

test(`SY9 DU4 ${seeds.length} worlds come to rest: equal replicas, nothing saved is lost, queues in bounds`, async () => {
  const failures: string[] = [];
  const counts = new Map<string, number>();
  await runSeeds({
    seeds: [...regressions(), ...seeds],
    jobs,
    onResult(result: WorldResult) {
      addCounts(counts, result.counts);
      if (result.problem !== undefined) failures.push(describeFailure(result));
      return failures.length >= 5;
    },
  });
  expect(failures.join("\n\n")).toBe("");
  expect(mustHappen.filter((kind) => (counts.get(kind) ?? 0) === 0)).toEqual([]);
}, 3_600_000);

test("one seed is one world: 1 % of the seeds run again give the same trace", async () => {
  const again = seeds.filter((seed) => seed % 100 === 7);
  const hashes = new Map<number, Set<string>>();
  await runSeeds({
    seeds: [...again, ...again],
    jobs,
    onResult(result) {
      hashes.set(result.seed, (hashes.get(result.seed) ?? new Set()).add(result.hash));
      return false;
    },
  });
  expect(hashes.size).toBe(again.length);
  expect([...hashes].filter(([, seen]) => seen.size !== 1)).toEqual([]);
}, 600_000);

/** Seeds that failed once, one a line, kept for ever; what follows `#` says why. */
function regressions(): readonly number[] {
  return readFileSync(new URL("./regressions.txt", import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map(Number);
}
