import { describe, expect, test, vi } from "vitest";
import { stepBack, toggleFollow, undo, walk, zoomBy } from "./actions.ts";
import { writeShapes } from "./model/portable.ts";
import { drag, LIVE_MS, roomOfTwo } from "./testing.ts";
import { importShapes, paste } from "./transfer.ts";

describe("actions", () => {
  const two = roomOfTwo();

  test("what is pasted lies at the pointer, is selected, and is one step; other text changes nothing", () => {
    const [ada, grace] = two();
    for (const x of [0, 200]) {
      ada.pick("rect");
      drag(ada, [x, 0], [x + 100, 60]);
      ada.activeTool()?.up();
    }
    const text = writeShapes(ada.board.shapes.ordered(), { indent: 0 });
    grace.pointed({ x: 1_000, y: 1_000 });
    paste(grace, text);
    expect(grace.board.shapes.ordered().slice(2)).toMatchObject([
      { box: [850, 970, 100, 60], by: "Person 1" },
      { box: [1_050, 970, 100, 60] },
    ]);
    expect(grace.selection.get().size).toBe(2);
    paste(grace, "just words");
    importShapes(grace, "{}");
    expect(ada.board.shapes.size).toBe(4);
    undo(grace);
    expect(ada.board.shapes.size).toBe(2);
    importShapes(grace, text);
    expect(ada.board.shapes.ordered().slice(2)).toMatchObject([{ box: [0, 0, 100, 60] }, { box: [200, 0, 100, 60] }]);
    undo(grace);
    expect(ada.board.shapes.size).toBe(2);
  });

  test("Tab walks the shapes in reading order, says each, and goes on to the page at the end", () => {
    const [ada] = two();
    ada.view.set({ width: 800, height: 600 });
    for (const [x, y] of [
      [0, 3_000],
      [300, 0],
      [0, 0],
    ] as const) {
      ada.pick("rect");
      drag(ada, [x, y], [x + 100, y + 60]);
      ada.activeTool()?.up();
    }
    ada.selection.set(new Set());
    const said: string[] = [];
    while (walk(ada, 1)) said.push(ada.notice.get());
    expect(said).toEqual([1, 2, 3].map((place) => `Rectangle, ${place} of 3, black`));
    expect(ada.selection.get().size).toBe(0);
    expect(ada.camera.get().y).toBeGreaterThan(2_000);
    expect(walk(ada, -1)).toBe(true);
    expect(ada.notice.get()).toContain("3 of 3");
  });

  test("following shows what the other one sees, and ends at the first own zoom or with Escape", () => {
    const [ada, grace] = two();
    for (const editor of [ada, grace]) editor.view.set({ width: 800, height: 600 });
    vi.advanceTimersByTime(LIVE_MS);
    toggleFollow(grace, ada.session.awareness.clientID);
    ada.camera.set({ x: 500, y: 300, zoom: 2 });
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.camera.get()).toEqual({ x: 500, y: 300, zoom: 2 });
    zoomBy(grace, 1);
    expect(grace.follow.person).toBeNull();
    ada.camera.set({ x: 0, y: 0, zoom: 1 });
    vi.advanceTimersByTime(LIVE_MS);
    expect(grace.camera.get().zoom).toBeGreaterThan(2);
    toggleFollow(grace, ada.session.awareness.clientID);
    expect(grace.camera.get()).toEqual({ x: 0, y: 0, zoom: 1 });
    stepBack(grace);
    expect(grace.follow.leader.get()).toBeNull();
  });

  test("two who follow each other through unlike windows come to rest", () => {
    const [ada, grace] = two();
    ada.view.set({ width: 800, height: 600 });
    grace.view.set({ width: 390, height: 844 });
    vi.advanceTimersByTime(LIVE_MS);
    toggleFollow(grace, ada.session.awareness.clientID);
    toggleFollow(ada, grace.session.awareness.clientID);
    vi.advanceTimersByTime(20 * LIVE_MS);
    const before = [ada.camera.get(), grace.camera.get()];
    vi.advanceTimersByTime(20 * LIVE_MS);
    expect([ada.camera.get(), grace.camera.get()]).toEqual(before);
  });
});
