import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Room } from "../support/room.ts";

describe("outages while two people draw on one board", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  /** Some strokes of both that the page has shown as saved: never none. */
  async function savedStrokes(): Promise<readonly string[]> {
    await room.ada.draw([300, 200], [500, 260]);
    await room.bob.draw([320, 400], [560, 420]);
    for (const person of [room.ada, room.bob]) await person.sees(2);
    for (const person of [room.ada, room.bob]) await person.isSaved();
    const saved = (await room.ada.shapes()).map(({ id }) => id);
    expect(saved.length).toBeGreaterThan(0);
    return saved;
  }

  async function newcomerSees(count: number, saved: readonly string[]): Promise<void> {
    const eve = await room.come("Eve");
    await eve.sees(count);
    const shapes = await eve.shapes();
    expect(shapes.map(({ id }) => id)).toEqual(expect.arrayContaining([...saved]));
    expect(shapes).toEqual(await room.ada.shapes());
  }

  test("the server is killed: strokes still arrive live and stay unsaved, then everything is saved", async () => {
    const saved = await savedStrokes();
    await room.stack.killServer();
    await room.ada.draw([300, 500], [500, 560]);
    await room.bob.sees(3);
    await room.ada.isNotSaved();
    await room.ada.says(/Not saved yet/);
    await room.stack.startServer();
    for (const person of [room.ada, room.bob]) await person.isSaved();
    await newcomerSees(3, saved);
  });

  test("the service is killed: the page says so, edits sync over HTTP, and live again after its restart", async () => {
    const saved = await savedStrokes();
    await room.stack.killService();
    await room.ada.says(/Reconnecting|slow|Offline/);
    await room.ada.draw([300, 500], [500, 560]);
    await room.bob.sees(3);
    await room.stack.startService();
    for (const person of [room.ada, room.bob])
      await person.page.waitForFunction(() => window.__board?.link() === "live");
    await room.bob.draw([600, 500], [700, 560]);
    for (const person of [room.ada, room.bob]) await person.sees(4);
    for (const person of [room.ada, room.bob]) await person.isSaved();
    await newcomerSees(4, saved);
  });

  test("both are killed: drawing goes on, and meets again after both are back", async () => {
    const saved = await savedStrokes();
    await Promise.all([room.stack.killServer(), room.stack.killService()]);
    await room.ada.draw([300, 500], [500, 560]);
    await room.bob.draw([600, 500], [700, 560]);
    for (const person of [room.ada, room.bob]) await person.sees(3);
    await room.ada.isNotSaved();
    await room.stack.startService();
    await room.stack.startServer();
    for (const person of [room.ada, room.bob]) await person.sees(4);
    for (const person of [room.ada, room.bob]) await person.isSaved();
    await newcomerSees(4, saved);
  });

  test("cookies are cleared under an open board: its people are somebody new to the server, and lose nothing", async () => {
    const saved = await savedStrokes();
    await room.ada.page.context().clearCookies();
    await room.stack.killService();
    await room.ada.draw([300, 500], [500, 560]);
    await room.stack.startService();
    await room.ada.page.waitForFunction(() => window.__board?.link() === "live");
    // The server waits ten seconds for whom it knew to bring it, and is asked again less and less often.
    room.ada.page.setDefaultTimeout(90_000);
    await room.ada.isSaved();
    await room.bob.sees(3);
    await room.bob.draw([600, 500], [700, 560]);
    await room.ada.sees(4);
    await newcomerSees(4, saved);
  });
});
