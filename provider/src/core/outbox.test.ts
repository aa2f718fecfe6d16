import { expect, test } from "vitest";
import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import { durabilityLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { selectUpdate } from "./select.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

function typing(count: number): { doc: Y.Doc; updates: Uint8Array[] } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let at = 0; at < count; at++) doc.getText("t").insert(at, "x");
  return { doc, updates };
}

test("SY5 a window becomes one batch with the next number; DU4 a receipt removes what it covers", () => {
  const { updates } = typing(3);
  const outbox = new Outbox();
  for (const update of updates.slice(0, 2)) outbox.add(update);
  expect(outbox.unsavedEdits).toBe(2);
  expect(outbox.close()).toMatchObject([{ seqFrom: 1, seqTo: 1, edits: 2 }]);
  expect(outbox.close()).toEqual([]);
  for (const update of updates.slice(2)) outbox.add(update);
  outbox.close();
  outbox.receipted(1);
  expect(outbox.unsaved.map(({ seqTo }) => seqTo)).toEqual([2]);
  expect(outbox.unsavedEdits).toBe(1);
  expect(outbox.seq).toBe(2);
});

test("DU1 the batches of a long outage are merged: bounded in number, nothing lost", () => {
  const { doc, updates } = typing(durabilityLimits.batchesMax * 2);
  const outbox = new Outbox();
  for (const update of updates) {
    outbox.add(update);
    outbox.close();
    expect(outbox.unsaved.length).toBeLessThanOrEqual(durabilityLimits.batchesMax);
  }
  expect(outbox.unsavedEdits).toBe(updates.length);
  const copy = new Y.Doc();
  for (const { update } of outbox.unsaved) Y.applyUpdate(copy, update);
  expect(copy.getText("t").toString()).toBe(doc.getText("t").toString());
  expect(outbox.unsaved[0]?.seqFrom).toBe(1);
  expect(outbox.unsaved.at(-1)?.seqTo).toBe(updates.length);
});

test("DU1 a large edit becomes batches that each fit into a keepalive request; it is saved when all of them are", () => {
  const doc = new Y.Doc();
  const outbox = new Outbox();
  doc.on("update", (update: Uint8Array) => outbox.add(update));
  doc.getText("t").insert(0, "large ".repeat(50_000));
  const batches = outbox.close();
  expect(batches.length).toBeGreaterThan(5);
  for (const { update } of batches) expect(update.length).toBeLessThanOrEqual(durabilityLimits.batchBytesMax);
  expect(batches.map(({ seqTo }) => seqTo)).toEqual(batches.map((_, index) => index + 1));
  outbox.receipted(batches.length - 1);
  expect(outbox.unsavedEdits).toBe(1);
  outbox.receipted(batches.length);
  expect(outbox.unsavedEdits).toBe(0);
});

test("DU6 DU7 a selection holds the ranges asked for and no foreign deletions", () => {
  const doc = new Y.Doc();
  const text = doc.getText("t");
  text.insert(0, "abcdef");
  const half = Coverage.fromSnapshot(Y.snapshot(doc));
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  text.insert(6, "ghi");
  text.delete(1, 2);
  const missing = Coverage.fromSnapshot(Y.snapshot(doc)).missingFrom(half);
  const update = selectUpdate(doc, missing);
  if (update === null) throw new Error("something is missing");
  Y.applyUpdate(other, update);
  expect(other.getText("t").toString()).toBe("adefghi");
  const structsOnly = selectUpdate(doc, { structs: missing.structs, deletes: [] });
  const checked = validateUpdate(structsOnly ?? new Uint8Array(), uploadLimits);
  expect(checked).toMatchObject({ ok: true, summary: { deletes: [], structs: [{ clock: 6, length: 3 }] } });
  expect(selectUpdate(doc, { structs: [{ client: 5, clock: 0, length: 1 }], deletes: [] })).toBeNull();
  expect(selectUpdate(doc, { structs: [], deletes: missing.deletes })).not.toBeNull();
});
