import { describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { nudge, place, removeSelection, undo } from "./actions.ts";
import { writeShapes } from "./model/portable.ts";
import { sceneOf } from "./scene.ts";
import { drag, EVERYWHERE, LIVE_MS, roomOfTwo } from "./testing.ts";
import { paste } from "./transfer.ts";

describe("an editor among others", () => {
  const two = roomOfTwo();

  test("a stroke is seen while it is drawn, is committed once, and replaces its draft", () => {
    const [ada, grace] = two();
    let updates = 0;
    ada.session.doc.on("update", () => {
      updates += 1;
    });
    drag(ada, [0, 0], [10, 5], [20, 0]);
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.drafts.view()).toMatchObject([{ type: "pen", points: { length: 3 } }]);
    expect(updates).toBe(0);
    ada.activeTool()?.up();
    expect(updates).toBe(1);
    expect(grace.drafts.view()).toEqual([]);
    expect(grace.board.shapes.ordered()).toEqual(ada.board.shapes.ordered());
    expect(grace.board.shapes.ordered()).toMatchObject([{ type: "pen", box: [0, 0, 20, 5], by: "Person 0" }]);
  });

  test("a cancelled gesture leaves nothing behind, here and there", () => {
    const [ada, grace] = two();
    for (const tool of ["pen", "rect"] as const) {
      ada.pick(tool);
      drag(ada, [0, 0], [30, 30]);
      vi.advanceTimersByTime(LIVE_MS);
      expect(grace.drafts.view()).toHaveLength(1);
      ada.activeTool()?.cancel();
      vi.advanceTimersByTime(LIVE_MS);
      expect(grace.drafts.view()).toEqual([]);
    }
    expect(ada.board.shapes.size).toBe(0);
    expect(ada.board.history.canUndo).toBe(false);
  });

  test("dragging is seen live without one byte in the document; letting go writes once", () => {
    const [ada, grace] = two();
    ada.pick("rect");
    drag(ada, [0, 0], [100, 60]);
    ada.activeTool()?.up();
    const size = Y.encodeStateAsUpdate(ada.session.doc).length;
    expect(ada.tool.get()).toBe("select");
    drag(ada, [50, 30], [60, 30], [250, 130]);
    vi.advanceTimersByTime(LIVE_MS);
    expect(Y.encodeStateAsUpdate(ada.session.doc).length).toBe(size);
    const scene = sceneOf(grace);
    expect(scene.front(0).shapes).toMatchObject([{ type: "rect", box: [200, 100, 100, 60] }]);
    expect([...scene.back(EVERYWHERE)]).toEqual([]);
    ada.activeTool()?.up();
    vi.advanceTimersByTime(LIVE_MS);
    expect(scene.front(0).shapes).toEqual([]);
    expect([...scene.back(EVERYWHERE)]).toMatchObject([{ box: [200, 100, 100, 60] }]);
    undo(ada);
    expect(grace.board.shapes.ordered()).toMatchObject([{ box: [0, 0, 100, 60] }]);
  });

  test("a shape deleted by someone else while it is dragged stays deleted", () => {
    const [ada, grace] = two();
    ada.pick("rect");
    drag(ada, [0, 0], [100, 60]);
    ada.activeTool()?.up();
    drag(ada, [50, 30], [150, 30]);
    grace.pick("select");
    grace.selection.set(ada.selection.get());
    removeSelection(grace);
    ada.activeTool()?.up();
    for (const editor of [ada, grace]) {
      expect(editor.board.shapes.size).toBe(0);
      expect(editor.board.shapes.skipped).toBe(0);
    }
    expect(ada.selection.get().size).toBe(0);
  });

  test("a marquee selects what it touches, and others see the selection", () => {
    const [ada, grace] = two();
    for (const x of [0, 200, 900]) {
      ada.pick("rect");
      drag(ada, [x, 0], [x + 100, 60]);
      ada.activeTool()?.up();
    }
    ada.selection.set(new Set());
    drag(ada, [-20, -20], [250, 30]);
    ada.activeTool()?.up();
    vi.advanceTimersByTime(LIVE_MS);
    expect(ada.selection.get().size).toBe(2);
    const seen = grace.presence.people.get().find((person) => !person.me);
    expect(new Set(seen?.selection)).toEqual(ada.selection.get());
    nudge(ada, 10, 0);
    expect(grace.board.shapes.ordered().map((shape) => shape.box[0])).toEqual([10, 210, 900]);
  });

  test("the eraser takes what it touched in one step", () => {
    const [ada, grace] = two();
    for (const y of [0, 50, 400]) {
      ada.pick("pen");
      drag(ada, [0, y], [100, y]);
      ada.activeTool()?.up();
    }
    ada.pick("eraser");
    drag(ada, [50, -20], [50, 80]);
    expect(grace.board.shapes.size).toBe(3);
    ada.activeTool()?.up();
    expect(grace.board.shapes.size).toBe(1);
    undo(ada);
    expect(grace.board.shapes.size).toBe(3);
  });

  test("a text that someone else deletes closes under the typist's hands", () => {
    const [ada, grace] = two();
    ada.pick("text");
    place(ada);
    const editing = ada.editing.get();
    editing?.edit.set("hello");
    expect(grace.board.shapes.ordered()).toMatchObject([{ type: "text", text: "hello" }]);
    grace.board.remove([editing?.edit.id ?? ""]);
    expect(ada.editing.get()).toBeNull();
    expect(ada.board.shapes.size).toBe(0);
  });

  test("a reader's gestures select and pan, and change nothing", () => {
    const [ada] = two("reader");
    for (const tool of ["pen", "rect", "ellipse", "eraser", "text", "note", "arrow", "highlighter"] as const) {
      ada.pick(tool);
      drag(ada, [0, 0], [50, 50]);
      ada.activeTool()?.up();
      place(ada);
      paste(ada, writeShapes([], { indent: 0 }));
    }
    expect(ada.session.doc.store.clients.size).toBe(0);
  });
});
