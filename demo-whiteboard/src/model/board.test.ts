import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { limits } from "../limits.ts";
import { Board } from "./board.ts";
import { boxPoints, type NewShape } from "./build.ts";
import { snap } from "./points.ts";
import { exchange, type Peer, peer } from "./testing.ts";

const RECT: NewShape = { type: "rect", box: [0, 0, 100, 50], color: "blue", size: "m", fill: "soft" };

function move(board: Board, id: string, x: number, y: number): void {
  board.transform([id], [0, 0, 0, 0], [x, y, 0, 0]);
}

function both(): { readonly a: Peer; readonly b: Peer } {
  const a = peer(1);
  const b = peer(2);
  a.board.add("shape", RECT, "Ada");
  exchange(a, b);
  return { a, b };
}

describe("Board", () => {
  test("one call is one transaction, one update and one undo step", () => {
    const { doc, board } = peer(1);
    let updates = 0;
    doc.on("update", () => {
      updates += 1;
    });
    board.add("one", RECT, "Ada");
    board.add("two", RECT, "Ada");
    expect(updates).toBe(2);
    board.transform(["one", "two"], [0, 0, 100, 50], [10, 20, 100, 50]);
    expect(updates).toBe(3);
    board.history.undo();
    expect(board.shapes.get("one")?.box).toEqual([0, 0, 100, 50]);
    expect(board.shapes.size).toBe(2);
    board.history.undo();
    expect(board.shapes.ordered().map((shape) => shape.id)).toEqual(["one"]);
    board.history.redo();
    expect(board.shapes.get("two")).toMatchObject(RECT);
  });

  test("a value that is there already is not written again", () => {
    const { doc, board } = peer(1);
    board.add("shape", RECT, "Ada");
    let updates = 0;
    doc.on("update", () => {
      updates += 1;
    });
    board.restyle(["shape"], { color: "blue", fill: "soft" });
    move(board, "shape", 0, 0);
    board.add("shape", RECT, "Ada");
    expect(updates).toBe(0);
  });

  test("a stroke of 60 points costs at most 350 bytes in the document", () => {
    const { doc, board } = peer(1);
    board.add("first", RECT, "Ada");
    const before = Y.encodeStateAsUpdate(doc).length;
    const wave = Array.from({ length: 60 }, (_, index) => ({
      x: snap(300 + index * 4.3),
      y: snap(200 + 40 * Math.sin(index / 6)),
      pressure: 0.5,
    }));
    board.add("abcdefghijkl", { type: "pen", color: "red", size: "m", measured: true, ...boxPoints(wave) }, "Ada");
    expect(Y.encodeStateAsUpdate(doc).length - before).toBeLessThanOrEqual(350);
  });

  test("move and recolour at the same time are both kept", () => {
    const { a, b } = both();
    move(a.board, "shape", 30, 40);
    b.board.restyle(["shape"], { color: "red" });
    exchange(a, b);
    for (const { board } of [a, b])
      expect(board.shapes.get("shape")).toMatchObject({ box: [30, 40, 100, 50], color: "red" });
  });

  test("resize and move at the same time give one person's whole box", () => {
    const { a, b } = both();
    a.board.transform(["shape"], [0, 0, 100, 50], [-50, 0, 150, 50]);
    move(b.board, "shape", 300, 0);
    exchange(a, b);
    expect(a.board.shapes.get("shape")?.box).toEqual(b.board.shapes.get("shape")?.box);
    expect([
      [-50, 0, 150, 50],
      [300, 0, 100, 50],
    ]).toContainEqual(a.board.shapes.get("shape")?.box);
  });

  test.each([
    [1, 2],
    [2, 1],
  ])("a delete undone while someone else moved the shape is repaired, clients %i and %i", (first, second) => {
    const a = peer(first);
    const b = peer(second);
    a.board.add("shape", RECT, "Ada");
    exchange(a, b);
    move(a.board, "shape", 30, 40);
    b.board.remove(["shape"]);
    exchange(a, b);
    b.board.history.undo();
    exchange(a, b);
    for (const { board } of [a, b]) {
      expect(board.shapes.skipped).toBe(0);
      expect(board.shapes.get("shape")).toMatchObject({ type: "rect", color: "blue", fill: "soft" });
    }
    expect(a.board.shapes.get("shape")).toEqual(b.board.shapes.get("shape"));
  });

  test("a redone creation that someone else was moving is complete", () => {
    const { a, b } = both();
    a.board.history.undo();
    move(b.board, "shape", 30, 40);
    exchange(a, b);
    a.board.history.redo();
    exchange(a, b);
    for (const { board } of [a, b]) expect(board.shapes.get("shape")).toMatchObject({ type: "rect", color: "blue" });
    expect(a.board.shapes.skipped + b.board.shapes.skipped).toBe(0);
  });

  test("an undone move whose earlier place someone else has replaced keeps a place", () => {
    const { a, b } = both();
    move(a.board, "shape", 30, 40);
    a.board.history.undo();
    move(b.board, "shape", 200, 0);
    exchange(a, b);
    b.board.history.undo();
    exchange(a, b);
    for (const { board } of [a, b]) expect(board.shapes.get("shape")?.box).toHaveLength(4);
    expect(a.board.shapes.get("shape")).toEqual(b.board.shapes.get("shape"));
  });

  test("a repaired text has its words", () => {
    const a = peer(1);
    const b = peer(2);
    a.board.add("words", { type: "text", text: "hello", box: [0, 0, 9, 9], color: "black", size: "s" }, "Ada");
    exchange(a, b);
    b.board.remove(["words"]);
    a.board.beginText("words")?.set("hello you");
    exchange(a, b);
    b.board.history.undo();
    exchange(a, b);
    for (const { board } of [a, b])
      expect(board.shapes.get("words")).toMatchObject({ type: "text", text: expect.stringContaining("hello") });
  });

  test("undo is mine only: it leaves what another person wrote later", () => {
    const { a, b } = both();
    move(a.board, "shape", 30, 40);
    exchange(a, b);
    move(b.board, "shape", 500, 500);
    exchange(a, b);
    expect(a.board.history.undo()).toBe(false);
    expect(a.board.shapes.get("shape")?.box).toEqual([530, 540, 100, 50]);
    expect(a.board.history.undo()).toBe(true);
    expect(a.board.shapes.size).toBe(0);
  });

  test("two tabs of one person have two histories", () => {
    const { a, b } = both();
    expect(a.board.history.canUndo).toBe(true);
    expect(b.board.history.canUndo).toBe(false);
    b.board.history.undo();
    expect(b.board.shapes.size).toBe(1);
  });

  test("clearing 100 shapes is one step", () => {
    const { board } = peer(1);
    const ids = Array.from({ length: 100 }, (_, index) => `shape-${index}`);
    for (const id of ids) board.add(id, RECT, "Ada");
    board.remove(ids);
    expect(board.shapes.size).toBe(0);
    board.history.undo();
    expect(board.shapes.size).toBe(100);
    expect(board.shapes.skipped).toBe(0);
  });

  test("only so many steps are kept", () => {
    const { board } = peer(1);
    for (let step = 0; step < limits.undoStepsMax + 20; step += 1) board.add(`shape-${step}`, RECT, "Ada");
    let undone = 0;
    while (board.history.canUndo) {
      board.history.undo();
      undone += 1;
    }
    expect(undone).toBe(limits.undoStepsMax);
    expect(board.shapes.size).toBe(20);
  });

  test("to the front, to the back, and a copy on top", () => {
    const { board } = peer(1);
    for (const id of ["one", "two", "three"]) board.add(id, RECT, "Ada");
    board.reorder(["one"], "front");
    expect(board.shapes.ordered().map((shape) => shape.id)).toEqual(["two", "three", "one"]);
    board.reorder(["three", "one"], "back");
    expect(board.shapes.ordered().map((shape) => shape.id)).toEqual(["three", "one", "two"]);
    expect(board.duplicate(["three"], () => "copy", { x: 24, y: 24 }, "Ada")).toEqual(["copy"]);
    expect(board.shapes.ordered().at(-1)).toMatchObject({ id: "copy", box: [24, 24, 100, 50] });
  });

  test("a text that nobody typed into leaves no step; an emptied one can be undone", () => {
    const { board } = peer(1);
    const text: NewShape = { type: "text", text: "", box: [0, 0, 1, 20], color: "black", size: "s" };
    board.add("words", text, "Ada");
    const first = board.beginText("words");
    if (first) board.endText(first, { width: 1, height: 1 }, true);
    expect(board.shapes.size).toBe(0);
    expect(board.history.canUndo).toBe(false);

    board.add("words", { ...text, text: "hello" }, "Ada");
    const second = board.beginText("words");
    second?.set("");
    if (second) board.endText(second, { width: 1, height: 1 }, false);
    expect(board.shapes.size).toBe(0);
    board.history.undo();
    expect(board.shapes.get("words")).toMatchObject({ type: "text" });
  });

  test("a reader writes nothing, and neither does a client older than the document", () => {
    const reader = new Board(new Y.Doc(), () => false);
    reader.add("shape", RECT, "Ada");
    expect(reader.shapes.size).toBe(0);

    const { doc, board } = peer(1);
    board.add("shape", RECT, "Ada");
    doc.getMap("meta").set("schema", 99);
    board.remove(["shape"]);
    expect(board.shapes.size).toBe(1);
  });

  test("garbage is counted, not drawn, not deleted, and does not stop others from being drawn", () => {
    const { doc, board } = peer(1);
    doc.getMap("shapes").set("bad", new Y.Map([["type", "rect"]]));
    doc.getMap("shapes").set("worse", "<script>");
    board.add("good", RECT, "Ada");
    expect(board.shapes.ordered().map((shape) => shape.id)).toEqual(["good"]);
    expect(board.shapes.skipped).toBe(2);
    expect(doc.getMap("shapes").size).toBe(3);
  });
});

describe("undo beside others", () => {
  test("a shape that others moved and deleted does not come back in pieces, and garbage of others stays as it is", () => {
    const [a, b] = [peer(1), peer(2)];
    b.doc.getMap("shapes").set("garbage", 7);
    a.board.add("x", { type: "rect", color: "red", size: "m", fill: "none", box: [0, 0, 10, 10] }, "");
    exchange(a, b);
    b.board.transform(["x"], [0, 0, 10, 10], [50, 0, 10, 10]);
    b.board.remove(["x"]);
    exchange(a, b);
    a.board.history.undo();
    a.board.history.redo();
    exchange(a, b);
    for (const { board, doc } of [a, b]) {
      expect(board.shapes.ordered().every(({ box }) => box.length === 4)).toBe(true);
      expect(board.shapes.skipped).toBe(1);
      expect(doc.getMap("shapes").get("garbage")).toBe(7);
    }
    expect(a.doc.getMap("shapes").toJSON()).toEqual(b.doc.getMap("shapes").toJSON());
  });
});
