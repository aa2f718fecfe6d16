import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import { LoopDisk } from "./loop-disk.ts";
import { moments, pause } from "./moments.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

/** The disk loses power at a moment of the seed's choosing: only what was flushed is there when it comes back. */
export async function powerLeg(place: (path: string) => StorePlace, { cycles, seed }: LegOptions): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "y-webpubsub-power-"));
  const disk = new LoopDisk(directory, 128);
  const ledger = new Ledger();
  const below = moments(seed);
  const writers: Writer[] = [];
  const stored = place(join(disk.path, "store"));
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const unfinished = ledger.unfinished(writers.at(-1)?.sessions ?? []);
      const writer = new Writer(planOf(stored, `p${cycle}`, unfinished), ledger);
      writers.push(writer);
      await writer.until(() => writer.acknowledged > unfinished.length);
      await pause(below(200));
      // A machine without power says nothing more. This kernel does: in the moment in which it shuts a file system
      // down, fdatasync may answer that all is well, and the writer would hand on what no disk has promised.
      await writer.freeze();
      disk.cutPower();
      await writer.end();
      disk.unmount();
      disk.mount();
    }
    return await concluded(stored, ledger, { writers, faults: cycles, alarming });
  } finally {
    for (const writer of writers) await writer.end();
    disk.remove();
    rmSync(directory, { recursive: true });
  }
}

/** A process on a disk without power may say anything about its failures, but it must have come up. */
function alarming(complaint: string): boolean {
  return /^(refused|wrong)/.test(complaint);
}
