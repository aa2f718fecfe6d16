import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import { LoopDisk } from "./loop-disk.ts";
import { moments } from "./moments.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

const megabytes = 48;

/**
 * The disk fills up at another phase of the store's work in each cycle, refuses for a while, and is freed: nothing that
 * was acknowledged is lost, and the same process works again.
 */
export async function fullLeg(place: (path: string) => StorePlace, { cycles, seed }: LegOptions): Promise<Outcome> {
  const ledger = new Ledger();
  const below = moments(seed);
  const writers: Writer[] = [];
  const directory = mkdtempSync(join(tmpdir(), "y-webpubsub-full-"));
  const disk = new LoopDisk(directory, megabytes);
  const stored = place(join(disk.path, "store"));
  const ballast = join(disk.path, "ballast");
  const stuck: string[] = [];
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const unfinished = ledger.unfinished(writers.at(-1)?.sessions ?? []);
      const writer = new Writer(planOf(stored, `f${cycle}`, unfinished), ledger);
      writers.push(writer);
      await writer.until(() => writer.acknowledged > unfinished.length + below(200));
      const { bavail, bsize } = statfsSync(disk.path);
      // A little is left, another amount each time: the log, a table or a manifest is what no space is left for.
      const left = below(600_000);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)), { flush: true });
      const acknowledged = writer.acknowledged;
      // A store that takes no notice of a full disk goes on acknowledging.
      await writer.until(() => failuresOf(writer) > 20 || writer.acknowledged > acknowledged + 10_000);
      rmSync(ballast);
      const before = writer.acknowledged;
      if (!(await writer.until(() => writer.acknowledged > before + 50)))
        stuck.push(`cycle ${cycle} never wrote again`);
      await writer.end();
    }
    const outcome = await concluded(stored, ledger, { writers, faults: cycles });
    return { ...outcome, complaints: [...outcome.complaints, ...stuck] };
  } finally {
    for (const writer of writers) await writer.end();
    disk.remove();
    rmSync(directory, { recursive: true });
  }
}

function failuresOf({ failures }: Writer): number {
  return [...failures.values()].reduce((sum, count) => sum + count, 0);
}
