import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { boardOf } from "../support/page.ts";
import { Room } from "../support/room.ts";
import { Run } from "../support/server-command.ts";

describe("what was before", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("a version is named, looked at without touching the board, and restored while the other draws", async () => {
    const { ada, bob } = room;
    await ada.draw([300, 200], [500, 260]);
    await bob.sees(1);
    await ada.isSaved();
    const kept = await ada.shapes();
    await ada.page.getByRole("button", { name: "History" }).first().click();
    const history = ada.page.getByRole("region", { name: "History" });
    await history.getByRole("textbox").fill("One line");
    await history.getByRole("button", { name: "Keep" }).click();
    const version = history.getByRole("button", { name: /^One line Ada/ });
    await version.waitFor();

    await bob.draw([320, 400], [560, 420]);
    await bob.draw([320, 500], [560, 520]);
    await bob.isSaved();
    await ada.sees(3);
    await version.click();
    const banner = ada.page.locator(".past");
    await banner.getByText("One line").waitFor();
    // The past is a picture: nothing can be drawn on it, and the document is what it was.
    await ada.draw([600, 200], [700, 260]);
    expect(await ada.shapes()).toHaveLength(3);
    await bob.sees(3);
    await banner.getByRole("button", { name: "Back to now" }).click();
    await banner.waitFor({ state: "detached" });

    await version.click();
    await bob.begin([320, 600], [560, 620]);
    await banner.getByRole("button", { name: "Restore" }).click();
    await bob.page.waitForFunction(() => window.__board?.shapes().length === 1);
    await bob.page.mouse.up();
    for (const person of [ada, bob]) await person.sees(2);
    expect(await ada.shapes()).toEqual(await bob.shapes());
    const [restored] = await ada.shapes();
    expect(restored).toMatchObject({ id: kept[0]?.id, box: kept[0]?.box, points: kept[0]?.points });
    // What the restore replaced is a version of its own.
    await history.getByRole("button", { name: /^Before a restore/ }).waitFor();
    await ada.draw([300, 700], [500, 640]);
    await bob.sees(3);
  });

  test("the past is scrubbed with the keyboard, and a reader may look but not restore", async () => {
    const { ada } = room;
    for (const y of [200, 300]) {
      await ada.draw([300, y], [500, y + 40]);
      await ada.isSaved();
    }
    const eve = await room.look("Eve");
    await eve.sees(2);
    await eve.page.getByRole("button", { name: "History" }).first().click();
    const scrubber = eve.page.getByRole("slider", { name: "Moment of the board" });
    await scrubber.focus();
    expect(await scrubber.getAttribute("aria-valuetext")).toBe("Now");
    await eve.page.keyboard.press("Home");
    await eve.page.locator(".past").waitFor();
    expect(await scrubber.getAttribute("aria-valuetext")).toContain("Edited");
    expect(await eve.page.getByRole("button", { name: "Restore" }).count()).toBe(0);
    await eve.page.keyboard.press("End");
    await eve.page.locator(".past").waitFor({ state: "detached" });
  });

  test("drawn while nothing answered and the tab was closed: it is kept in this browser, and arrives later", async () => {
    const { ada, bob, stack } = room;
    await ada.draw([300, 200], [500, 260]);
    await bob.sees(1);
    await ada.isSaved();
    const tab = await ada.secondTab();
    await tab.sees(1);
    await Promise.all([stack.killServer(), stack.killService()]);
    await tab.draw([300, 400], [500, 460]);
    await tab.draw([300, 500], [500, 560]);
    await tab.sees(3);
    await tab.isNotSaved();
    // Two frames of the database's own: what was drawn is on the disk of this browser.
    await tab.page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
    await tab.page.close();
    await stack.startService();
    await stack.startServer();
    const again = await ada.secondTab();
    try {
      for (const person of [again, bob]) await person.sees(3);
      await again.isSaved();
      expect(await again.shapes()).toEqual(await bob.shapes());
    } finally {
      await again.page.close();
    }
  });

  test("SE4 the board is deleted while people look at it: they are told, and go on with the new one", async () => {
    const { ada, bob, stack } = room;
    await ada.draw([300, 200], [500, 260]);
    await bob.sees(1);
    await ada.isSaved();
    await stack.killServer();
    const deletion = new Run(["delete", boardOf(room.key), "--yes"], stack.settings);
    expect([await deletion.ended, deletion.out, deletion.err]).toEqual([0, "Deleted.\n", ""]);
    // Both at once: what is told is there for some seconds only, and one page may come back long before the other.
    const told = [ada, bob].map(({ page }) =>
      page.locator(".toast", { hasText: "This board was deleted or reset" }).waitFor({ timeout: 90_000 }),
    );
    await stack.startServer();
    await Promise.all(told);
    for (const person of [ada, bob]) await person.sees(0);
    await bob.draw([300, 400], [500, 460]);
    await ada.sees(1);
    await bob.isSaved();
  });
});
