import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { difference, TextEdit } from "./text-edit.ts";

function texts(value: string): { readonly mine: Y.Text; readonly theirs: Y.Text; readonly meet: () => void } {
  const [a, b] = [new Y.Doc(), new Y.Doc()];
  a.getText().insert(0, value);
  const meet = (): void => {
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
  };
  meet();
  return { mine: a.getText(), theirs: b.getText(), meet };
}

describe("TextEdit", () => {
  test("two people typing in one text both keep their words", () => {
    const { mine, theirs, meet } = texts("The board");
    new TextEdit("a", mine).set("The white board");
    new TextEdit("b", theirs).set("The board is ours");
    meet();
    expect(mine.toString()).toBe("The white board is ours");
    expect(theirs.toString()).toBe(mine.toString());
  });

  test("undo takes back own typing only, and tells the page", () => {
    const { mine, theirs, meet } = texts("hello");
    const edit = new TextEdit("a", mine);
    const told: string[] = [];
    edit.onForeignChange((value) => told.push(value));
    edit.set("hello there");
    new TextEdit("b", theirs).set("Oh, hello");
    meet();
    edit.undo();
    expect(edit.value).toBe("Oh, hello");
    edit.redo();
    expect(edit.value).toBe("Oh, hello there");
    expect(told).toEqual(["Oh, hello there", "Oh, hello", "Oh, hello there"]);
  });

  test("any change of any text arrives exactly, astral characters included", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "😀", "😁", "👍🏽"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, next) => {
        const { mine, theirs, meet } = texts(before);
        new TextEdit("a", mine).set(next);
        meet();
        expect(mine.toString()).toBe(next);
        expect(theirs.toString()).toBe(next);
      }),
      { numRuns: 500 },
    );
  });

  test("the change is the smallest one", () => {
    expect(difference("one two three", "one 2 three")).toEqual({ at: 4, removed: 3, inserted: "2" });
    expect(difference("aaa", "aaaa")).toEqual({ at: 3, removed: 0, inserted: "a" });
    expect(difference("😀", "😁")).toEqual({ at: 0, removed: 2, inserted: "😁" });
  });
});
