import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LongRun } from "./long-run.ts";

test("a run that was stopped goes on after the last block that it kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "long-run-"));
  try {
    const file = join(folder, "run.json");
    const wanted = { seeds: 5_000, from: null };
    const first = new LongRun(wanted, file);
    expect(first.block).toHaveLength(2_000);
    for (const seed of first.block) first.tally.add({ counts: { edit: seed === 1 ? 7 : 1 } });
    first.failed.push(4);
    first.keep(30);
    // Stopped in the middle of the next one.
    first.tally.add({ counts: { edit: 1 } });
    const second = new LongRun(wanted, file);
    expect([second.done, second.failed, second.elapsedMs]).toEqual([2_000, [4], 30]);
    expect(second.tally.lines()).toEqual(["edit: 2,006 (100 %)"]);
    expect([...first.seeds.slice(0, 2_000), ...second.block, ...second.seeds.slice(4_000)]).toEqual(first.seeds);
    expect(() => new LongRun({ seeds: 5_000, from: 1 }, file)).toThrow("keeps a run of --seeds 5000.");
    expect(() => new LongRun(wanted, folder)).toThrow("keeps no run");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without a file all is one block", () => {
  expect(new LongRun({ seeds: 5_000, from: 10 }, undefined).block).toHaveLength(5_000);
});
