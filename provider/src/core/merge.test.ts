import { expect, test } from "vitest";
import * as Y from "yjs";
import { mergeAll, mergeWhole } from "./merge.ts";

test("DU3 what would have a hole is not merged", () => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const text of ["a", "b", "c"]) doc.getText("t").insert(0, text);
  const [first, second, third] = updates;
  if (first === undefined || second === undefined || third === undefined) throw new Error("three edits");
  expect(mergeWhole([first, third])).toBeNull();
  expect(mergeWhole([third, second, first])).toEqual(mergeAll([third, second, first]));
});
