import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Room } from "../support/room.ts";

describe("two people draw on one board", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("cursors, names and a stroke are seen while it is drawn", async () => {
    await room.bob.page.mouse.move(640, 360);
    await room.ada.page.waitForFunction(() =>
      window.__board?.people().some(({ name, cursor }) => name === "Bob" && cursor),
    );
    await room.ada.begin([300, 200], [500, 260], 20);
    await room.bob.page.waitForFunction(() => (window.__board?.drafts().length ?? 0) > 0);
    expect(await room.bob.shapes()).toHaveLength(0);
    await room.ada.page.mouse.up();
    await room.bob.sees(1);
    expect(await room.bob.shapes()).toEqual(await room.ada.shapes());
  });

  test("undo takes back one's own stroke only", async () => {
    await room.ada.draw([300, 200], [500, 260]);
    await room.bob.draw([320, 400], [560, 420]);
    for (const person of [room.ada, room.bob]) await person.sees(2);
    await room.ada.page.keyboard.press("Control+z");
    for (const person of [room.ada, room.bob]) await person.sees(1);
    await room.bob.page.keyboard.press("Control+Shift+z");
    await room.ada.draw([200, 500], [400, 560]);
    for (const person of [room.ada, room.bob]) await person.sees(2);
  });

  test("a note is read by the other while it is written; shapes, lines and arrows arrive as they are", async () => {
    const { ada, bob } = room;
    await ada.page.keyboard.press("n");
    await ada.page.mouse.click(400, 300);
    await ada.page.keyboard.type("Milk, eggs");
    await bob.page
      .locator("[aria-label='Shapes on this board'] li", { hasText: "Milk, eggs" })
      .waitFor({ state: "attached" });
    await ada.page.keyboard.press("Escape");
    for (const [index, key] of ["d", "l", "a", "o"].entries()) {
      await ada.page.keyboard.press(key);
      await ada.page.mouse.move(600, 150 + 120 * index);
      await ada.page.mouse.down();
      await ada.page.mouse.move(760, 220 + 120 * index, { steps: 4 });
      await ada.page.mouse.up();
    }
    for (const person of [ada, bob]) await person.sees(5);
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });

  test("a copied shape is pasted with a new id, and undo takes it back in one step", async () => {
    const { ada, bob } = room;
    await ada.draw([300, 300], [420, 360]);
    await bob.sees(1);
    await ada.page.keyboard.press("v");
    await ada.page.keyboard.press("Control+a");
    await ada.page.keyboard.press("Control+c");
    await ada.page.mouse.move(800, 500);
    await ada.page.keyboard.press("Control+v");
    for (const person of [ada, bob]) await person.sees(2);
    const ids = (await bob.shapes()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    await ada.page.keyboard.press("Control+z");
    for (const person of [ada, bob]) await person.sees(1);
  });
});
