import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Room } from "../support/room.ts";
import { Stranger } from "../support/stranger.ts";

const markup = `<img src=x onerror="window.__hacked = true"><script>window.__hacked = true</script>`;

/** A shape with these keys: whole unless a test breaks it. */
function shape(keys: Readonly<Record<string, unknown>>): Y.Map<unknown> {
  const whole = { type: "rect", box: [100, 100, 80, 60], z: "a1", color: "blue", size: "m", fill: "none", by: "Eve" };
  return new Y.Map<unknown>(Object.entries({ ...whole, ...keys }));
}

const garbage: Readonly<Record<string, () => unknown>> = {
  "a number": () => 7,
  "a text": () => new Y.Text("x"),
  "an empty map": () => new Y.Map(),
  "a box of not-a-number": () => shape({ box: [Number.NaN, 0, 10, 10] }),
  "an endless box": () => shape({ box: [0, 0, Number.POSITIVE_INFINITY, 10] }),
  "a box of words": () => shape({ box: ["1", "2", "3", "4"] }),
  "a box far away": () => shape({ box: [9e9, 0, 10, 10] }),
  "points that are no bytes": () => shape({ type: "pen", points: "AAAA" }),
  "points of another format": () => shape({ type: "pen", points: Uint8Array.from([9, 9, 9]) }),
  "a stroke of a megabyte": () => shape({ type: "pen", points: new Uint8Array(1_000_000) }),
  "a note without words": () => shape({ type: "note" }),
  "a note whose words are a map": () => shape({ type: "note", text: new Y.Map([["x", 1]]) }),
  "a type that is a map": () => shape({ type: new Y.Map() }),
};

/** Hostile, but drawable: it must be shown as text and nothing else. */
const odd: Readonly<Record<string, () => unknown>> = {
  "a text of a megabyte": () => shape({ type: "text", text: new Y.Text("long ".repeat(200_000)) }),
  markup: () => shape({ type: "note", text: new Y.Text(markup), by: markup, color: "red;background:url(//evil)" }),
  "a key that is no order": () => shape({ z: "zzz}", color: "javascript:alert(1)", size: "999", opacity: {} }),
  constructor: () => shape({ type: "constructor" }),
  hasOwnProperty: () => shape({ type: "toString", box: [300, 300, 50, 50] }),
  "a type that is no type": () => shape({ type: "__proto__", by: "constructor" }),
};

describe("a peer that writes what no board understands", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  test("it is skipped and counted, never run and never deleted, and everyone else goes on", async () => {
    const { ada, bob } = room;
    const foreign: string[] = [];
    for (const { page } of [ada, bob]) {
      page.on("request", (request) => {
        if (!request.url().startsWith(room.stack.url)) foreign.push(request.url());
      });
    }
    const eve = await Stranger.at(room.stack.url, room.key);
    try {
      for (const [id, make] of Object.entries({ ...garbage, ...odd })) eve.shapes.set(id, make());
      eve.doc.getMap("meta").set("title", markup);
      eve.provider.awareness.setLocalState({
        user: { name: markup.repeat(40), color: "url(//evil)" },
        cursor: [Number.NaN, {}],
        selection: ["__proto__", 7, { length: 1e9 }],
        drag: { from: "x", to: [] },
        view: [0, 0, Number.POSITIVE_INFINITY, 0],
      });
      await eve.provider.whenSaved();
      for (const person of [ada, bob]) {
        await person.page.waitForFunction((count) => window.__board?.skipped() === count, Object.keys(garbage).length);
        await person.sees(Object.keys(odd).length);
      }
      await ada.page.locator(".avatars button", { hasText: "<" }).waitFor();
      await ada.draw([300, 200], [500, 260]);
      await ada.page.keyboard.press("Control+z");
      await bob.draw([320, 400], [560, 420]);
      for (const person of [ada, bob]) await person.sees(Object.keys(odd).length + 1);
      await ada.isSaved();
      expect(await bob.shapes()).toEqual(await ada.shapes());
      for (const { page } of [ada, bob]) {
        expect(await page.evaluate(() => Reflect.get(window, "__hacked"))).toBeUndefined();
        expect(await page.locator("img, .whiteboard script").count()).toBe(0);
        expect(await page.evaluate(() => Reflect.get({}, "polluted"))).toBeUndefined();
      }
      expect([...eve.shapes.keys()]).toEqual(expect.arrayContaining(Object.keys(garbage)));
      expect(foreign).toEqual([]);
    } finally {
      eve.leave();
    }
  });

  test("a key that would reach a prototype is refused by the server and by everyone, and its author is told", async () => {
    const { ada, bob } = room;
    const eve = await Stranger.at(room.stack.url, room.key);
    try {
      const refused = new Promise<string>((done) =>
        eve.provider.once("connection-error", ({ message }) => done(message)),
      );
      eve.shapes.set("__proto__", shape({ polluted: true }));
      expect(await refused).toContain("forbidden-key");
      await ada.draw([300, 200], [500, 260]);
      for (const person of [ada, bob]) {
        await person.sees(1);
        expect(
          await person.page.evaluate(() => [window.__board?.skipped(), Reflect.get({}, "polluted") ?? null]),
        ).toEqual([0, null]);
      }
    } finally {
      eve.leave();
    }
  });

  test("an imported file of garbage adds what can be read, counts the rest, and runs nothing", async () => {
    const { ada } = room;
    const file = JSON.stringify({
      format: "y-webpubsub/whiteboard",
      version: 1,
      shapes: [
        { type: "rect", box: [0, 0, 90, 60], z: "a0", color: markup, size: "m", fill: "none", by: markup },
        { type: "note", box: [120, 0, 90, 90], z: "a1", color: "red", size: "s", text: markup },
        { type: "rect", box: [null, 0, 1, 1] },
        { type: "pen", box: [0, 0, 1, 1], points: "not base64 %%%" },
        null,
        "shape",
        { __proto__: { type: "rect", box: [0, 0, 10, 10] } },
      ],
    }).replace("null,0,1,1", "NaN0,0,1,1".replace("NaN0", "1e999"));
    const mimeType = "application/json";
    const files = [
      { name: "board.json", mimeType, buffer: Buffer.from(file) },
      { name: "x.json", mimeType, buffer: Buffer.from(`{"__proto__":`) },
    ];
    // One listener for both: the browser asks the test as long as one is there, and it must be there before the key.
    ada.page.on("filechooser", (chooser) => void chooser.setFiles(files.splice(0, 1)));
    await ada.shapes();
    await ada.page.keyboard.press("Control+o");
    await ada.sees(2);
    await ada.page.locator(".toast", { hasText: "2 shapes added, 5 could not be read" }).waitFor();
    await room.bob.sees(2);
    expect(await ada.page.evaluate(() => Reflect.get(window, "__hacked"))).toBeUndefined();
    expect((await ada.shapes()).map(({ color }) => color)).toEqual(["black", "red"]);

    await ada.page.keyboard.press("Control+o");
    await ada.page.locator(".toast", { hasText: "The file was not opened" }).waitFor();
    await ada.sees(2);
  });
});
