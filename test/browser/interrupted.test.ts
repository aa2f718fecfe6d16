import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Room } from "../support/room.ts";

describe("a stroke that is interrupted", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  const draftSeen = () => room.bob.page.waitForFunction(() => (window.__board?.drafts().length ?? 0) === 1);
  const draftGone = () => room.bob.page.waitForFunction(() => window.__board?.drafts().length === 0);

  test("by a lost pointer: what was drawn is kept", async () => {
    await room.ada.begin([300, 200], [500, 260], 20);
    await draftSeen();
    await room.ada.page.evaluate(() => {
      const area = document.querySelector("[role=application]");
      for (let id = 0; id < 64; id += 1) if (area?.hasPointerCapture(id)) area.releasePointerCapture(id);
    });
    await room.ada.page.mouse.move(520, 262);
    for (const person of [room.ada, room.bob]) await person.sees(1);
    await draftGone();
    await room.ada.page.mouse.up();
    await room.ada.draw([300, 400], [500, 460]);
    await room.bob.sees(2);
    expect(await room.bob.shapes()).toEqual(await room.ada.shapes());
  });

  test("by Escape: it is gone everywhere and is no step of the history", async () => {
    await room.ada.begin([300, 200], [500, 260], 20);
    await draftSeen();
    await room.ada.page.keyboard.press("Escape");
    await draftGone();
    await room.ada.page.mouse.up();
    expect(await room.ada.shapes()).toHaveLength(0);
    expect(await room.ada.page.getByRole("button", { name: "Undo" }).isDisabled()).toBe(true);
  });

  test("by a tab that closes: others see it end with its author", async () => {
    await room.ada.begin([300, 200], [500, 260], 20);
    await draftSeen();
    await room.ada.leave();
    await draftGone();
    expect(await room.bob.shapes()).toHaveLength(0);
    await room.bob.draw([300, 400], [500, 460]);
    await room.bob.isSaved();
  });

  test("by a lost connection: it is finished here, and there when the connection is back", async () => {
    const { ada, bob } = room;
    await ada.page.getByRole("button", { name: "Wire: what travels" }).first().click();
    const drop = ada.page.getByRole("button", { name: "Drop the line" });
    await drop.waitFor();
    await ada.begin([300, 200], [500, 260], 20);
    await draftSeen();
    await ada.setOffline(true);
    // The browser cuts requests only; the pointer is in use, so the button is pressed by hand.
    await drop.evaluate((button: HTMLButtonElement) => button.click());
    await ada.page.mouse.move(560, 300, { steps: 4 });
    await ada.page.mouse.up();
    await ada.sees(1);
    await ada.says(/Offline/);
    await bob.draw([300, 500], [500, 560]);
    await ada.draw([300, 400], [500, 460]);
    await ada.sees(2);
    await ada.setOffline(false);
    for (const person of [ada, bob]) {
      await person.sees(3);
      await person.isSaved();
    }
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });

  test("by the death of the server: it reaches the others at once and the server when that is back", async () => {
    const { ada, bob, stack } = room;
    await ada.page.getByRole("button", { name: "Wire: what travels" }).first().click();
    const kill = ada.page.getByRole("button", { name: "Kill the server" });
    await kill.waitFor();
    await ada.begin([300, 200], [500, 260], 20);
    await draftSeen();
    await kill.evaluate((button: HTMLButtonElement) => button.click());
    await stack.serverDied();
    await ada.page.mouse.move(560, 300, { steps: 4 });
    await ada.page.mouse.up();
    await bob.sees(1);
    await ada.isNotSaved();
    await stack.startServer();
    await ada.isSaved();
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });
});
