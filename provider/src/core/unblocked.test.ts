import { expect, test } from "vitest";
import * as Y from "yjs";
import type { Batch } from "./outbox.ts";
import { unblockedBatches } from "./unblocked.ts";

/** What a client wrote at the end of a text, on a document that has what was written before. */
function written(doc: Y.Doc, client: number, text: string): Uint8Array {
  const before = Y.encodeStateVector(doc);
  doc.clientID = client;
  doc.getText("t").insert(doc.getText("t").length, text);
  return Y.encodeStateAsUpdate(doc, before);
}

function batch(update: Uint8Array, seq: number): Batch {
  return { seqFrom: seq, seqTo: seq, update, edits: 1 };
}

const doc = new Y.Doc();
written(doc, 1, "theirs");
const found = written(doc, 2, "found");
const typed = written(doc, 3, "typed");
const lacked = [{ client: 1, clock: 0, length: 6 }];

test("DU7 what builds on what the server lacks waits, what was written before it goes", () => {
  const free = batch(written(new Y.Doc(), 4, "free"), 1);
  expect(unblockedBatches([free, batch(found, 2)], lacked)).toEqual([free]);
  expect(unblockedBatches([free], lacked)).toEqual([free]);
});

test("DU6 DU7 what was typed on what was found only afterwards waits with it", () => {
  expect(unblockedBatches([batch(typed, 1), batch(found, 2)], lacked)).toEqual([]);
  expect(unblockedBatches([batch(typed, 1)], lacked)).toHaveLength(1);
});
