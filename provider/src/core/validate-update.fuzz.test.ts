import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import { EditingSession } from "./testing/editing-session.ts";
import { mutated } from "./testing/mutation.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { UpdateSummary } from "./update-summary.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

const seed = Number(process.env["SEED"] ?? 20261121);
const full = process.env["TEST_FULL"] === "1";
const sessions = full ? 10_000 : 250;
const samplesASession = 200;
const samples = (sessions * samplesASession).toLocaleString("en");

describe("damaged updates", () => {
  test(`what survives ${samples} mutations and the validator, Yjs survives too (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const counts = { accepted: 0, refused: 0 };
    for (let session = 0; session < sessions; session++) {
      const editing = new EditingSession(random, 2);
      editing.run(20);
      for (let sample = 0; sample < samplesASession; sample++) {
        if (sample % 10 === 0) editing.run(2);
        const update = mutated(random, editing.anyUpdate(), editing.anyUpdate());
        const validated = validateUpdate(update, uploadLimits);
        if (!validated.ok) {
          counts.refused++;
          continue;
        }
        counts.accepted++;
        for (const base of [null, Y.encodeStateAsUpdate(random.pick(editing.docs))])
          survives(update, validated.summary, base);
      }
      editing.destroy();
    }
    // Both must happen, or the test shows nothing.
    expect(counts.accepted).toBeGreaterThan(1_000);
    expect(counts.refused).toBeGreaterThan(5_000);
  }, 7_200_000);
});

/** Yjs applies, merges and re-encodes the update, and the state that results can be loaded and validates. */
function survives(update: Uint8Array, summary: UpdateSummary, base: Uint8Array | null): void {
  const doc = new Y.Doc();
  try {
    if (base !== null) Y.applyUpdate(doc, base);
    const parked = isParking(doc);
    const known = Coverage.fromSnapshot(Y.snapshot(doc));
    // A struct may lie about its half that is known already; only the caller, who knows the state, can cut that off.
    const vector = Y.encodeStateVector(doc);
    Y.applyUpdate(doc, known.straddles(summary) ? Y.diffUpdate(update, vector) : update);
    if (!parked && known.missingFor(summary).length === 0 && isParking(doc))
      throw new Error("parked, yet nothing missing");
    const state = Y.encodeStateAsUpdate(doc);
    const validated = validateUpdate(state, uploadLimits);
    if (!validated.ok) throw new Error(`state refused: ${validated.problem}`);
    const copy = new Y.Doc();
    Y.applyUpdate(copy, state);
    Y.mergeUpdates([update]);
    Y.mergeUpdates([update, state]);
    Y.encodeStateVectorFromUpdate(update);
    Y.diffUpdate(update, Y.encodeStateVector(copy));
    copy.destroy();
  } catch (error) {
    const hex = (bytes: Uint8Array | null): string => (bytes === null ? "none" : Buffer.from(bytes).toString("hex"));
    throw new Error(`an accepted update broke Yjs: ${hex(update)} on ${hex(base)}`, { cause: error });
  }
  doc.destroy();
}

function isParking(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
}
