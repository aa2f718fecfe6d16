import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "./ledger.ts";
import { concluded, type LegOptions, type Outcome, planOf } from "./leg.ts";
import type { StorePlace } from "./open-store.ts";
import { Writer } from "./writer.ts";

/** About three batches. */
const tailBytes = 4_096;

/**
 * The log of a LevelDB directory ends at every byte of its last records in turn, as a torn write leaves it: what stands
 * before the tear is there, nothing half is, and the store opens. What was torn off is not counted as lost.
 */
export async function tornTailLeg(place: (path: string) => StorePlace, { cycles }: LegOptions): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "y-webpubsub-tail-"));
  const original = join(directory, "original");
  const ledger = new Ledger();
  try {
    const writer = new Writer(planOf(place(original), "tail"), ledger);
    await writer.until(() => writer.acknowledged > 300);
    await writer.end();
    const log = readdirSync(original)
      .filter((file) => file.endsWith(".log"))
      .sort()
      .at(-1);
    if (log === undefined) throw new Error("LevelDB has a log while it is open.");
    const { size } = statSync(join(original, log));
    const step = Math.max(1, Math.floor(tailBytes / cycles));
    const worst: Outcome[] = [];
    let cuts = 0;
    for (let length = size - 1; length > Math.max(0, size - tailBytes); length -= step) {
      const copy = join(directory, "copy");
      cpSync(original, copy, { recursive: true });
      truncateSync(join(copy, log), length);
      cuts += 1;
      const outcome = await concluded(place(copy), ledger, { writers: [], faults: 1 });
      const { strange, doubled, damaged } = outcome.findings;
      if (strange.length + doubled.length + damaged.length + outcome.complaints.length > 0) worst.push(outcome);
      rmSync(copy, { recursive: true });
    }
    const whole = await concluded(place(original), ledger, { writers: [writer], faults: cuts });
    const [bad] = worst;
    return bad ? { ...bad, faults: cuts } : whole;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
