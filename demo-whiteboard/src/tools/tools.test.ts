import { describe, expect, test, vi } from "vitest";
import { place, undo } from "../actions.ts";
import { sceneOf } from "../scene.ts";
import { at, drag, EVERYWHERE, LIVE_MS, NO_KEYS, roomOfTwo } from "../testing.ts";

describe("tools", () => {
  const two = roomOfTwo();

  test("each drawing tool makes one shape in one step, seen as a draft before", () => {
    const [ada, grace] = two();
    for (const type of ["rect", "ellipse", "diamond", "line", "arrow"] as const) {
      ada.pick(type);
      drag(ada, [0, 60], [100, 0]);
      vi.advanceTimersByTime(LIVE_MS);
      expect(grace.drafts.view()).toMatchObject([{ type, box: [0, 0, 100, 60] }]);
      ada.activeTool()?.up();
      expect(grace.board.shapes.ordered()).toMatchObject([{ type, box: [0, 0, 100, 60], by: "Person 0" }]);
      undo(ada);
      expect(grace.board.shapes.size).toBe(0);
    }
  });

  test("a highlighter is a pen with a flag, and has a colour of its own", () => {
    const [ada, grace] = two();
    ada.pick("highlighter");
    drag(ada, [0, 0], [50, 5], [100, 0]);
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.drafts.view()).toMatchObject([{ type: "pen", highlight: true, color: "yellow" }]);
    ada.activeTool()?.up();
    ada.pick("pen");
    drag(ada, [0, 0], [50, 5]);
    ada.activeTool()?.up();
    expect(grace.board.shapes.ordered()).toMatchObject([
      { type: "pen", highlight: true, color: "yellow" },
      { type: "pen", highlight: false, color: "black" },
    ]);
  });

  test("Shift turns a line in steps of 15 degrees; Alt draws it from the middle", () => {
    const [ada] = two();
    ada.pick("line");
    ada.activeTool()?.down(at(0, 0), NO_KEYS);
    ada.activeTool()?.move([at(100, 8)], { shift: true, alt: true });
    ada.activeTool()?.up();
    const [line] = ada.board.shapes.ordered();
    expect(line?.box[1]).toBe(0);
    expect(line?.box[3]).toBe(0);
    expect(line?.box[0]).toBeCloseTo(-100.3, 1);
    expect(line?.box[2]).toBeCloseTo(200.6, 1);
  });

  test("a note is typed into together, and stays without words", () => {
    const [ada, grace] = two();
    ada.pick("note");
    place(ada);
    ada.editing.get()?.edit.set("ideas");
    expect(grace.board.shapes.ordered()).toMatchObject([{ type: "note", text: "ideas", color: "yellow" }]);
    ada.editing.get()?.edit.set("");
    ada.endText({ width: 190, height: 190 });
    expect(grace.board.shapes.ordered()).toMatchObject([{ type: "note", text: "" }]);
    undo(ada);
    expect(grace.board.shapes.size).toBe(0);
  });

  test("a drag with Alt leaves the original and drops a copy, as one step", () => {
    const [ada, grace] = two();
    ada.pick("rect");
    drag(ada, [0, 0], [100, 60]);
    ada.activeTool()?.up();
    ada.activeTool()?.down(at(50, 30), NO_KEYS);
    ada.activeTool()?.move([at(150, 130)], { shift: false, alt: true });
    vi.advanceTimersByTime(LIVE_MS);
    expect([...sceneOf(ada).back(EVERYWHERE)]).toHaveLength(1);
    expect(sceneOf(ada).front(0).shapes).toMatchObject([{ box: [100, 100, 100, 60] }]);
    expect(sceneOf(grace).front(0).shapes).toEqual([]);
    ada.activeTool()?.up();
    expect(grace.board.shapes.ordered().map((shape) => shape.box[0])).toEqual([0, 100]);
    expect(ada.selection.get().size).toBe(1);
    undo(ada);
    expect(grace.board.shapes.size).toBe(1);
  });
});
