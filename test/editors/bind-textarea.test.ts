import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { editBetween, shifted } from "./src/textarea/bind-textarea.ts";

function applied(before: string, { index, remove, insert }: ReturnType<typeof editBetween>): string {
  return before.slice(0, index) + insert + before.slice(index + remove);
}

describe("the edit that explains an input", () => {
  test.each([
    ["typing", "ab", "axb", 2, { index: 1, remove: 0, insert: "x" }],
    ["the caret decides which letter is new", "aaa", "aaaa", 2, { index: 1, remove: 0, insert: "a" }],
    ["deleting backwards", "aaa", "aa", 1, { index: 1, remove: 1, insert: "" }],
    ["replacing a selection", "one two", "one 2", 5, { index: 4, remove: 3, insert: "2" }],
    ["a change far from the caret", "xyz", "yz", 2, { index: 0, remove: 1, insert: "" }],
    ["nothing", "same", "same", 2, { index: 2, remove: 0, insert: "" }],
    ["emoji of the same first half", "😀", "😁", 2, { index: 0, remove: 2, insert: "😁" }],
    ["emoji of the same second half", "a😀", "a🨀", 3, { index: 1, remove: 2, insert: "🨀" }],
    ["one more of the same emoji", "😀", "😀😀", 2, { index: 0, remove: 0, insert: "😀" }],
  ])("%s", (_name, before, after, caret, edit) => {
    const found = editBetween(before, after, caret);
    expect(found).toEqual(edit);
    expect(applied(before, found)).toBe(after);
  });

  test("for any two texts and any caret it makes the one of the other, and never cuts a character in half", () => {
    const words = fc.string({ unit: fc.constantFrom("a", "b", "😀", "😁", "🨀", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(words, words, fc.nat(30), (before, after, caret) => {
        const edit = editBetween(before, after, Math.min(caret, after.length));
        expect(applied(before, edit)).toBe(after);
        const doc = new Y.Doc();
        const text = doc.getText();
        text.insert(0, before);
        text.delete(edit.index, edit.remove);
        text.insert(edit.index, edit.insert);
        expect(text.toString()).toBe(after);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("where a position is after other people's edits", () => {
  test.each([
    ["an insert before it", 2, [{ retain: 1 }, { insert: "xy" }], 4],
    ["an insert right there comes after it", 2, [{ retain: 2 }, { insert: "xy" }], 2],
    ["a deletion before it", 4, [{ retain: 1 }, { delete: 2 }], 2],
    ["a deletion around it", 4, [{ retain: 2 }, { delete: 9 }], 2],
    ["several edits", 6, [{ insert: "a" }, { retain: 2 }, { delete: 1 }, { insert: "bc" }], 8],
  ])("%s", (_name, position, delta, expected) => {
    expect(shifted(position, delta)).toBe(expected);
  });
});
