import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { bytesEqual, digestOf } from "./digest.ts";
import { isKnown } from "./document-clocks.ts";
import { EditingSession } from "./testing/editing-session.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

describe("what a document knows of an update", () => {
  test(`Yjs finds nothing to do with an update that is known, and something with one that is not (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    let known = 0;
    let news = 0;
    for (let run = 0; run < 20; run++) {
      const session = new EditingSession(random);
      session.run(40);
      for (let pick = 0; pick < 20; pick++) {
        const update = session.anyUpdate();
        const checked = validateUpdate(update, uploadLimits);
        if (!checked.ok) throw new Error(checked.problem);
        const doc = new Y.Doc();
        Y.applyUpdate(doc, Y.encodeStateAsUpdate(random.pick(session.docs)));
        if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) continue;
        const before = digestOf(doc);
        const said = isKnown(doc, checked.summary);
        Y.applyUpdate(doc, update);
        const changed = !bytesEqual(before, digestOf(doc)) || doc.store.pendingStructs !== null;
        if (said) {
          known++;
          expect(changed || doc.store.pendingDs !== null).toBe(false);
        } else news += changed ? 1 : 0;
        doc.destroy();
      }
      session.destroy();
    }
    expect(Math.min(known, news)).toBeGreaterThan(20);
  });

  test("a deletion is known when all of its range is deleted", () => {
    const doc = new Y.Doc();
    const text = doc.getText();
    text.insert(0, "abcdef");
    text.delete(1, 2);
    const client = doc.clientID;
    const knows = (clock: number, length: number) =>
      isKnown(doc, { structs: [], deletes: [{ client, clock, length }], structCount: 0, needs: new Map() });
    expect([knows(1, 2), knows(2, 1), knows(0, 2), knows(2, 2), knows(3, 9)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
