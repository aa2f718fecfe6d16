import { describe, expect, test, vi } from "vitest";
import { undo } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { drag, LIVE_MS, roomOfTwo } from "../testing.ts";

/** Where the selection's handles are: the corners and sides of its box. */
function select(editor: Editor, id: string): void {
  editor.pick("select");
  editor.selection.set(new Set([id]));
}

describe("pulling at what is selected", () => {
  const two = roomOfTwo();
  const style = { color: "black", size: "m", fill: "none" } as const;

  test("a corner of a text makes its letters larger, in one step, seen by others before it is let go", () => {
    const [ada, grace] = two();
    ada.board.add("t", { type: "text", ...style, text: "words", box: [0, 0, 100, 40] }, "");
    select(ada, "t");
    drag(ada, [100, 40], [200, 60]);
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.board.shapes.get("t")).toMatchObject({ scale: 1 });
    expect(grace.drags.view(performance.now())).toMatchObject([{ scale: 2, box: [0, 0, 200, 80] }]);
    ada.activeTool()?.up();
    expect(grace.board.shapes.get("t")).toMatchObject({ scale: 2, box: [0, 0, 200, 80] });
    undo(ada);
    expect(grace.board.shapes.get("t")).toMatchObject({ scale: 1, box: [0, 0, 100, 40] });
    expect(grace.board.shapes.skipped).toBe(0);
  });

  test("a side of a text is no handle: it moves the words", () => {
    const [ada] = two();
    ada.board.add("t", { type: "text", ...style, text: "words", box: [0, 0, 100, 40] }, "");
    select(ada, "t");
    drag(ada, [100, 20], [150, 20]);
    ada.activeTool()?.up();
    expect(ada.board.shapes.get("t")).toMatchObject({ scale: 1, box: [50, 0, 100, 40] });
  });

  test("a stroke that is pulled beyond its other side is mirrored for everybody, and undo turns it back", () => {
    const [ada, grace] = two();
    drag(ada, [0, 0], [40, 30], [80, 0]);
    ada.activeTool()?.up();
    const [stroke] = ada.board.shapes.ordered();
    if (!stroke || !("points" in stroke)) throw new Error("There is a stroke.");
    select(ada, stroke.id);
    drag(ada, [80, 15], [-80, 15]);
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.drags.view(performance.now())).toMatchObject([{ box: [-80, 0, 80, 30] }]);
    ada.activeTool()?.up();
    expect(grace.board.shapes.ordered()).toMatchObject([{ box: [-80, 0, 80, 30] }]);
    const [turned] = grace.board.shapes.ordered();
    expect(turned && "points" in turned && turned.points[0]).toMatchObject({ x: 80, y: 0 });
    undo(ada);
    expect(grace.board.shapes.ordered()).toEqual([stroke]);
  });

  test("an end of a line goes where it is pulled, also straight up from a level line; Shift keeps to steps of 15 degrees", () => {
    const [ada, grace] = two();
    ada.pick("arrow");
    drag(ada, [0, 0], [100, 0]);
    ada.activeTool()?.up();
    const [arrow] = ada.board.shapes.ordered();
    if (!arrow) throw new Error("There is an arrow.");
    select(ada, arrow.id);
    drag(ada, [100, 0], [50, -80]);
    ada.activeTool()?.up();
    expect(grace.board.shapes.get(arrow.id)).toMatchObject({
      box: [0, -80, 50, 80],
      points: [
        { x: 0, y: 80 },
        { x: 50, y: 0 },
      ],
    });
    select(ada, arrow.id);
    const tool = ada.activeTool();
    tool?.down({ world: { x: 50, y: -80 }, pressure: null }, { shift: false, alt: false });
    tool?.move([{ world: { x: 3, y: -80 }, pressure: null }], { shift: true, alt: false });
    tool?.up();
    expect(grace.board.shapes.get(arrow.id)?.box[2]).toBe(0);
  });
});
