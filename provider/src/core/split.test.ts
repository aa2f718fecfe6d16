import { expect, test } from "vitest";
import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import { splitUpdate } from "./split.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

/** Applies each part to a fresh document, as a server that refuses what is not applicable would. */
function rebuild(parts: readonly Uint8Array[], base: Uint8Array | null = null): Y.Doc {
  const doc = new Y.Doc();
  const coverage = Coverage.empty();
  for (const update of base === null ? parts : [base, ...parts]) {
    const checked = validateUpdate(update, uploadLimits);
    if (!checked.ok) throw new Error(checked.problem);
    expect(coverage.missingFor(checked.summary)).toEqual([]);
    expect(checked.summary.structs.some(({ kind }) => kind === "skip")).toBe(false);
    coverage.add(checked.summary);
    Y.applyUpdate(doc, update);
    expect(doc.store.pendingStructs).toBeNull();
  }
  return doc;
}

test("DU1 an update that fits is left as it is", () => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "short");
  const update = Y.encodeStateAsUpdate(doc);
  expect(splitUpdate(update, update.length)).toEqual([update]);
});

test("DU1 long text is cut, never within a surrogate pair", () => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, `x${"😀".repeat(20_000)}`);
  const parts = splitUpdate(Y.encodeStateAsUpdate(doc), 1_000);
  expect(parts.length).toBeGreaterThan(50);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(1_000);
  expect(rebuild(parts).getText("t").toString()).toBe(doc.getText("t").toString());
});

test("DU1 long arrays and deletions are cut; a single value is not", () => {
  const doc = new Y.Doc();
  const values = Array.from({ length: 2_000 }, (_, index) => ({ index, text: "value" }));
  doc.getArray("a").insert(0, values);
  doc.getArray("a").insert(0, [new Uint8Array(5_000)]);
  for (let at = 1_900; at > 0; at -= 3) doc.getArray("a").delete(at);
  const parts = splitUpdate(Y.encodeStateAsUpdate(doc), 1_000);
  expect(parts.filter((part) => part.length > 1_000).length).toBe(1);
  expect(rebuild(parts).getArray("a").toJSON()).toEqual(doc.getArray("a").toJSON());
});

test("DU1 the parts of any update can be applied one after the other, and are the whole (random, seeds printed)", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = new SeededRandom(seed);
    const pick = (below: number): number => random.below(below);
    const docs = [1, 2, 3].map((client) => {
      const doc = new Y.Doc({ gc: pick(2) === 0 });
      doc.clientID = client + pick(1_000) * 10;
      return doc;
    });
    const base = new Y.Doc();
    for (let edit = 0; edit < 300; edit++) {
      const doc = docs[pick(docs.length)] ?? base;
      const text = doc.getText("t");
      const map = doc.getMap<unknown>("m");
      const kind = pick(8);
      if (kind < 2) text.delete(pick(text.length), Math.min(1, text.length));
      else if (kind === 2) map.set(`k${pick(5)}`, new Y.Map([["inner", pick(100)]]));
      else if (kind === 3) doc.getArray("a").insert(pick(doc.getArray("a").length), [pick(9), "two", null]);
      else text.insert(pick(text.length), "words ".repeat(1 + pick(30)));
      if (edit === 100) Y.applyUpdate(base, Y.encodeStateAsUpdate(doc));
      const other = docs[pick(docs.length)] ?? base;
      if (pick(3) === 0) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    }
    const all = new Y.Doc();
    for (const doc of docs) Y.applyUpdate(all, Y.encodeStateAsUpdate(doc));
    const start = Y.encodeStateAsUpdate(base);
    const update = Y.encodeStateAsUpdate(all, Y.encodeStateVector(base));
    const rebuilt = rebuild(splitUpdate(update, 200 + pick(800)), start);
    for (const doc of [rebuilt, all]) {
      doc.getText("t");
      doc.getMap("m");
      doc.getArray("a");
    }
    expect(rebuilt.toJSON(), `seed ${seed}`).toEqual(all.toJSON());
    expect(Y.encodeStateVector(rebuilt), `seed ${seed}`).toEqual(Y.encodeStateVector(all));
  }
});
