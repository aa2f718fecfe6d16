import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function bench(args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const command = ["--conditions=y-webpubsub-source", "--import", "tsx", "test/bench/main.ts", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: "utf8",
    timeout: 240_000,
  });
  return { status, output: stdout + stderr };
}

interface Report {
  readonly machine: string;
  readonly versions: string;
  readonly rows: readonly { readonly name: string; readonly median: number | null; readonly ratio?: number }[];
}

test("the service bench runs and every row has a figure", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-bench-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "figures.json");
  const { status, output } = bench(["service", "--quick", "--json", file]);
  expect(status, output).toBe(0);
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  expect(report.rows.map(({ name }) => name)).toEqual([
    "fan-out, 64 in flight",
    "reliable, 64 in flight",
    "fan-out, 16 in flight",
    "reliable, 16 in flight",
    "fan-out, 1 in flight",
    "reliable, 1 in flight",
    "protobuf fan-out, 64 in flight",
    "protobuf reliable, 64 in flight",
    "protobuf fan-out, 1 in flight",
    "protobuf reliable, 1 in flight",
    "MQTT fan-out, 64 in flight",
    "MQTT fan-out, 1 in flight",
    "idle, process with 60 connections",
    "idle, one connection more",
    "idle, 120 connections over 2 processes",
    "connect storm, token",
    "connect storm, service",
    "slow reader, the others' p99",
    "slow reader, memory of the server",
    "slow reader, cut as SlowClient",
  ]);
  for (const { name, median } of report.rows) expect(median, name).toEqual(expect.any(Number));
  expect(report.machine).toContain("cores");
  expect(report.versions).toContain(process.versions.node);
});

test("the server bench runs, with the store's own limit beside what comes over HTTP", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-bench-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "figures.json");
  const { status, output } = bench(["server", "--quick", "--only", "saved", "--json", file]);
  expect(status, output).toBe(0);
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  const of = "LevelStore, 20 documents";
  expect(report.rows.map(({ name }) => name)).toEqual([
    ...["p50", "p95", "p99"].map((figure) => `${of}: upload to receipt, ${figure}`),
    `${of}: appends`,
    `${of}: appends`,
  ]);
  for (const { name, median } of report.rows) expect(median, name).toBeGreaterThan(0);
});

test.each([
  [[], "Name the bench: service"],
  [["servise"], "There is no bench 'servise'. There is: service"],
  [["service", "sync"], "One bench at a time, not 'sync' as well."],
  [["service", "--fast"], "--fast"],
  [["service", "--docs"], "docs/benchmarks.md has no place for 'service'. It has for: peers, cost."],
  [["service", "--idle-total", "many"], "--idle-total takes a whole number of connections, not 'many'."],
])("npm run bench -- %j is explained", (args, explanation) => {
  const { status, output } = bench(args);
  expect(status).toBe(2);
  expect(output).toContain(explanation);
});
