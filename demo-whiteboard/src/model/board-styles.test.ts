import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Board } from "./board.ts";
import type { NewShape } from "./build.ts";
import { peer } from "./testing.ts";

const RECT: NewShape = { type: "rect", box: [0, 0, 100, 50], color: "blue", size: "m", fill: "soft" };

describe("order, styles, copies and notes", () => {
  test("one step forward or backward passes the next shape that touches, and only that", () => {
    const { board } = peer(1);
    for (const id of ["one", "far", "two", "three"]) board.add(id, RECT, "Ada");
    const order = (): readonly string[] => board.shapes.ordered().map((shape) => shape.id);
    const touching = new Set(["one", "two", "three"]);
    board.restack(["one"], "forward", touching);
    expect(order()).toEqual(["far", "two", "one", "three"]);
    board.restack(["three"], "backward", touching);
    expect(order()).toEqual(["far", "two", "three", "one"]);
    board.restack(["one"], "forward", touching);
    expect(order()).toEqual(["far", "two", "three", "one"]);
    board.history.undo();
    board.history.undo();
    expect(order()).toEqual(["one", "far", "two", "three"]);
  });

  test("dash and opacity are stored only when they are not the usual ones, and their undo takes them away", () => {
    const { doc, board } = peer(1);
    board.add("shape", { ...RECT, dash: "solid", opacity: "full" }, "Ada");
    const keys = (): readonly string[] => {
      const stored = doc.getMap("shapes").get("shape");
      return stored instanceof Y.Map ? [...stored.keys()] : [];
    };
    expect(keys()).not.toContain("dash");
    board.restyle(["shape"], { dash: "dashed", opacity: "half" });
    expect(board.shapes.get("shape")).toMatchObject({ dash: "dashed", opacity: "half" });
    board.history.undo();
    expect(board.shapes.get("shape")).toMatchObject({ dash: "solid", opacity: "full" });
    expect(keys()).not.toContain("dash");
    board.history.redo();
    board.remove(["shape"]);
    board.history.undo();
    expect(board.shapes.get("shape")).toMatchObject({ dash: "dashed", opacity: "half" });
  });

  test("shapes of elsewhere come in one step, on top, with new ids; those of a newer client stay out", () => {
    const { board } = peer(1);
    board.add("below", RECT, "Ada");
    const [rect] = board.shapes.ordered();
    if (!rect) throw new Error("The board has a shape.");
    const ids = ["new-1", "new-2"];
    const newId = (): string => ids.shift() ?? "none left";
    const foreign = { id: "x", type: "foreign", named: "hologram", box: [0, 0, 1, 1], z: "a0", by: "" } as const;
    expect(board.insert([rect, foreign, rect], newId, { x: 5, y: 0 }, "Bob")).toEqual(["new-1", "new-2"]);
    expect(board.shapes.ordered().map((shape) => [shape.id, shape.box[0], shape.by])).toEqual([
      ["below", 0, "Ada"],
      ["new-1", 5, "Bob"],
      ["new-2", 5, "Bob"],
    ]);
    board.history.undo();
    expect(board.shapes.size).toBe(1);
  });

  test("a note keeps its words, grows with them, and stays when they are gone", () => {
    const { board } = peer(1);
    board.add("note", { type: "note", text: "", box: [0, 0, 190, 190], color: "yellow", size: "s" }, "Ada");
    const edit = board.beginText("note");
    edit?.set("many words");
    if (edit) board.endText(edit, { width: 190, height: 260 }, true);
    expect(board.shapes.get("note")).toMatchObject({ type: "note", text: "many words", box: [0, 0, 190, 260] });
    const again = board.beginText("note");
    again?.set("");
    if (again) board.endText(again, { width: 190, height: 190 }, false);
    expect(board.shapes.get("note")).toMatchObject({ type: "note", text: "" });
    board.transform(["note"], [0, 0, 190, 190], [0, 0, 380, 190]);
    expect(board.shapes.get("note")?.box[2]).toBe(380);
  });

  test("the box of words goes with their size, in the same step", () => {
    const FIT = { s: 20, m: 40, l: 60 };
    const board = new Board(
      new Y.Doc(),
      () => true,
      (shape) => ({ width: shape.type === "note" ? shape.box[2] : FIT[shape.size], height: FIT[shape.size] }),
    );
    const words = { text: "words", color: "black", size: "s", box: [5, 5, 20, 20] } as const;
    board.add("text", { type: "text", ...words }, "Ada");
    board.add("note", { type: "note", ...words }, "Ada");
    board.restyle(["text", "note"], { size: "l" });
    expect(board.shapes.get("text")?.box).toEqual([5, 5, 60, 60]);
    expect(board.shapes.get("note")?.box).toEqual([5, 5, 20, 60]);
    board.history.undo();
    expect(board.shapes.get("text")).toMatchObject({ size: "s", box: [5, 5, 20, 20] });
    board.transform(["note"], [5, 5, 20, 20], [5, 5, 80, 4]);
    expect(board.shapes.get("note")?.box).toEqual([5, 5, 80, 20]);
  });
});
