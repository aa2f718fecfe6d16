import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../support/pages.ts";
import { Room } from "../support/room.ts";

/** Puts a rectangle of the usual size in the middle of the view, and leaves it selected. */
async function placeRectangle(person: Person): Promise<void> {
  await person.page.keyboard.press("r");
  await person.page.keyboard.press("Enter");
}

async function selectAll({ page }: Person): Promise<void> {
  await page.keyboard.press("v");
  await page.keyboard.press("Control+a");
}

/** Presses the mouse on the edge of the rectangle in the middle and moves it by so many pixels, without lifting. */
async function dragBy({ page }: Person, x: number, y: number): Promise<void> {
  await page.mouse.move(570, 340);
  await page.mouse.down();
  await page.mouse.move(570 + x, 340 + y, { steps: 6 });
}

describe("two people change the same thing", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("a cursor is shown where it is, to two pixels, and gone when its owner leaves", async () => {
    const { ada, bob } = room;
    await bob.page.mouse.move(641, 363);
    await ada.page.waitForFunction(() => {
      const cursor = window.__board?.people().find(({ name }) => name === "Bob")?.cursor;
      return cursor && Math.hypot(cursor.x - 641, cursor.y - 363) <= 2;
    });
    await bob.leave();
    await ada.page.waitForFunction(() => window.__board?.people().length === 1);
  });

  test("one moves, the other recolours: both are kept", async () => {
    const { ada, bob } = room;
    await placeRectangle(ada);
    await bob.sees(1);
    await Promise.all([selectAll(ada), selectAll(bob)]);
    await dragBy(ada, 60, 40);
    // Bob sees the drag before it ends, and it is not in the document yet.
    await bob.page.waitForFunction(() => window.__board?.people().some(({ name, drag }) => name === "Ada" && drag));
    await bob.seesOne({ box: [550, 340, 180, 120] });
    await bob.page.locator(".choice[data-color=red]").click();
    await ada.seesOne({ color: "red" });
    await ada.page.mouse.up();
    for (const person of [ada, bob]) await person.seesOne({ box: [610, 380, 180, 120], color: "red" });
  });

  test("both move one shape: both pages agree on one place", async () => {
    const { ada, bob } = room;
    await placeRectangle(ada);
    await bob.sees(1);
    await Promise.all([selectAll(ada), selectAll(bob)]);
    await dragBy(ada, 60, 0);
    await dragBy(bob, 0, 90);
    await Promise.all([ada.page.mouse.up(), bob.page.mouse.up()]);
    for (const person of [ada, bob]) await person.isSaved();
    await ada.page.waitForFunction(() => window.__board?.shapes()[0]?.box.join() !== "550,340,180,120");
    const [box] = (await ada.shapes()).map((shape) => shape.box);
    await bob.seesOne(box ? { box } : {});
    expect([
      [610, 340, 180, 120],
      [550, 430, 180, 120],
      // One had the other's move before the own release, and moved on from there.
      [610, 430, 180, 120],
    ]).toContainEqual(box);
  });

  test("one deletes what the other drags: it is gone, and the one who drags is told", async () => {
    const { ada, bob } = room;
    await placeRectangle(ada);
    await bob.sees(1);
    await Promise.all([selectAll(ada), selectAll(bob)]);
    await dragBy(bob, 80, 20);
    await ada.page.waitForFunction(() => window.__board?.people().some(({ name, drag }) => name === "Bob" && drag));
    await ada.page.keyboard.press("Delete");
    await bob.sees(0);
    await bob.page.locator(".toast", { hasText: "Someone deleted what you were moving" }).waitFor();
    await bob.page.mouse.up();
    await ada.page.keyboard.press("Control+z");
    for (const person of [ada, bob]) await person.seesOne({ type: "rect", box: [550, 340, 180, 120] });
  });

  test("two tabs of one person have two histories, and a late joiner sees everything", async () => {
    const { ada, bob } = room;
    const tab = await ada.secondTab();
    try {
      await ada.draw([300, 200], [500, 260]);
      await tab.sees(1);
      await tab.page.keyboard.press("Control+z");
      await tab.draw([300, 400], [500, 460]);
      for (const person of [ada, bob, tab]) await person.sees(2);
      await tab.page.keyboard.press("Control+z");
      for (const person of [ada, bob, tab]) await person.sees(1);
      const late = await room.come("Late");
      await late.sees(1);
      expect(await late.shapes()).toEqual(await ada.shapes());
    } finally {
      await tab.page.close();
    }
  });

  test("the end of a line is pulled, and the other page sees it where it was let go", async () => {
    const { ada, bob } = room;
    await ada.page.keyboard.press("l");
    await ada.page.mouse.move(400, 300);
    await ada.page.mouse.down();
    await ada.page.mouse.move(600, 300, { steps: 4 });
    await ada.page.mouse.up();
    await bob.seesOne({ type: "line", box: [400, 300, 200, 0] });
    await ada.page.mouse.move(600, 300);
    await ada.page.mouse.down();
    await ada.page.mouse.move(300, 420, { steps: 6 });
    await ada.page.mouse.up();
    await bob.seesOne({ box: [300, 300, 100, 120] });
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });
});
