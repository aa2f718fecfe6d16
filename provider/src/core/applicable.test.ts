import { expect, test } from "vitest";
import * as Y from "yjs";
import { applicablePart } from "./applicable.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

function author(client: number): { readonly doc: Y.Doc; type(at: number, text: string): Uint8Array } {
  const doc = new Y.Doc();
  doc.clientID = client;
  return {
    doc,
    type(at, text) {
      const before = Y.encodeStateVector(doc);
      doc.getText("t").insert(at, text);
      return Y.encodeStateAsUpdate(doc, before);
    },
  };
}

test("DU8 two who build on each other's merged batches: part of one, all of the other, then the rest", () => {
  const [ada, bob] = [author(1), author(2)];
  const first = ada.type(0, "a");
  Y.applyUpdate(bob.doc, first);
  const theirs = bob.type(1, "b");
  Y.applyUpdate(ada.doc, theirs);
  const second = ada.type(2, "c");
  ada.doc.getText("t").delete(1, 1);
  const deletion = Y.encodeStateAsUpdate(ada.doc, Y.encodeStateVector(ada.doc));
  const merged = Y.mergeUpdates([first, second, deletion]);
  const store = new Y.Doc();
  const clockOf = (client: number) => Y.getState(store.store, client);

  const part = applicablePart(merged, clockOf);
  if (part === undefined) throw new Error("the first letter needs nothing");
  expect(validateUpdate(part, uploadLimits).ok).toBe(true);
  Y.applyUpdate(store, part);
  expect([store.store.pendingStructs, store.store.pendingDs]).toEqual([null, null]);
  expect(store.getText("t").toString()).toBe("a");
  expect(applicablePart(merged, clockOf)).toBeUndefined();

  expect(applicablePart(theirs, clockOf)).toBeDefined();
  Y.applyUpdate(store, theirs);
  const rest = applicablePart(merged, clockOf);
  if (rest === undefined) throw new Error("all that it needs is there now");
  Y.applyUpdate(store, rest);
  expect([store.store.pendingStructs, store.store.pendingDs]).toEqual([null, null]);
  expect(store.getText("t").toString()).toBe(ada.doc.getText("t").toString());
});
