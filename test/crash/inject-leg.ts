import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haveCommand } from "../support/debian.ts";
import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import { moments } from "./moments.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

/**
 * What LevelDB does to a disk, by system call, and how often within a few hundred writes. strace counts the calls of
 * each thread apart, so there is one worker thread.
 */
const calls: readonly { readonly name: string; readonly timesMax: number }[] = [
  { name: "fdatasync", timesMax: 20 },
  { name: "fsync", timesMax: 1 },
  { name: "rename", timesMax: 2 },
  { name: "unlink", timesMax: 1 },
  { name: "openat", timesMax: 1 },
];

const acknowledgedMax = 400;

/** Why no system call can be made to fail here, or null. */
export function noInjection(): string | null {
  if (process.platform !== "linux") return "it needs Linux";
  if (!haveCommand("strace", "strace")) return "strace is not installed";
  const tried = spawnSync("strace", ["-qq", "-e", "trace=none", "true"]);
  return tried.status === 0 ? null : "strace may not trace processes here";
}

/** What happens at the k-th call: the process dies there, or the call answers with an error. */
export type Injection = "signal=SIGKILL" | "error=EIO" | "error=ENOSPC";

/**
 * One system call of the store's threads, another in each cycle, is where the writer dies or the disk refuses. A writer
 * that survives goes on and is killed later.
 */
export async function injectLeg(place: StorePlace, injection: Injection, options: LegOptions): Promise<Outcome> {
  const { cycles, seed } = options;
  const ledger = new Ledger();
  const below = moments(seed);
  const writers: Writer[] = [];
  const directory = mkdtempSync(join(tmpdir(), "y-webpubsub-calls-"));
  const record = join(directory, "calls");
  let faults = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const call = calls[cycle % calls.length];
    if (call === undefined) break;
    const when = 1 + below(call.timesMax);
    const inject = [
      "strace",
      "-f",
      "-qq",
      "-o",
      record,
      "-E",
      "UV_THREADPOOL_SIZE=1",

      "-e",
      `trace=${call.name}`,
    ];
    const wrapper = [...inject, ...pathsOf(place, call.name), "-e", `inject=${call.name}:${injection}:when=${when}`];
    const unfinished = ledger.unfinished(writers.at(-1)?.sessions ?? []);
    const writer = new Writer(planOf(place, `i${cycle}`, unfinished), ledger, wrapper);
    writers.push(writer);
    const enough = () => writer.acknowledged > acknowledgedMax || writer.phase === "refused";
    const survived = await writer.until(enough);
    await writer.end();
    if (!survived || readFileSync(record, "utf8").includes("INJECTED")) faults += 1;
  }
  rmSync(directory, { recursive: true });
  // To be refused at the start, because the call that failed was the store's opening, is an honest answer.
  const alarming = (complaint: string) => complaint.startsWith("wrong");
  return concluded(place, ledger, { writers, faults, alarming });
}

/** Opening a file is what Node itself does most: only the files of the store are meant. */
function pathsOf(place: StorePlace, call: string): readonly string[] {
  if (call !== "openat" || !("path" in place)) return [];
  return ["CURRENT", "LOCK", "MANIFEST-000002", "000003.log", "000005.ldb"].flatMap((file) => [
    "-P",
    `${place.path}/${file}`,
  ]);
}
