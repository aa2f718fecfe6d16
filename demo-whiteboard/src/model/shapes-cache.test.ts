import { describe, expect, test } from "vitest";
import { peer, seeded } from "./testing.ts";

describe("ShapesCache", () => {
  test("an area answers exactly the shapes that touch it, bottom first, few or many", () => {
    const { board } = peer(1);
    const random = seeded(5);
    for (let index = 0; index < 200; index += 1) {
      const box = [Math.floor(random() * 1_000), Math.floor(random() * 1_000), 20, 20] as const;
      board.add(`shape-${index}`, { type: "rect", box, color: "red", size: "m", fill: "none" }, "");
    }
    board.remove(["shape-3", "shape-70"]);
    board.transform(["shape-9"], [0, 0, 10, 10], [-5_000, 0, 10, 10]);
    for (const side of [30, 300, 2_000]) {
      const area = { minX: 200, minY: 200, maxX: 200 + side, maxY: 200 + side };
      const expected = board.shapes
        .ordered()
        .filter(({ box: [x, y] }) => x <= area.maxX && x + 20 >= area.minX && y <= area.maxY && y + 20 >= area.minY);
      expect(board.shapes.within(area)).toEqual(expected);
    }
    expect(board.shapes.size).toBe(198);
  });

  test("listeners hear which shapes changed, once a transaction, until they stop", () => {
    const { board } = peer(1);
    const heard: string[][] = [];
    const stop = board.shapes.subscribe((ids) => heard.push([...ids].sort()));
    const rect = { type: "rect", box: [0, 0, 9, 9], color: "red", size: "m", fill: "none" } as const;
    board.add("a", rect, "");
    board.add("b", rect, "");
    board.restyle(["a", "b"], { color: "blue" });
    board.remove(["a"]);
    stop();
    board.remove(["b"]);
    expect(heard).toEqual([["a"], ["b"], ["a", "b"], ["a"]]);
  });
});
