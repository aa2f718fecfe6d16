import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser, Person } from "../support/pages.ts";
import { Stack } from "../support/stack.ts";

describe("two people draw on one board", () => {
  let browser: Browser;
  let stack: Stack;
  let ada: Person;
  let bob: Person;
  const people: Person[] = [];

  async function come(name: string): Promise<Person> {
    const person = await Person.at(browser, `${stack.url}/b/${room}`, name);
    people.push(person);
    await person.isSynced();
    return person;
  }
  let room = "";

  beforeAll(async () => {
    browser = await openBrowser();
    stack = await Stack.start();
  });
  afterAll(async () => {
    await browser.close();
    await stack.close();
  });
  beforeEach(async () => {
    room = `room-${crypto.randomUUID()}`;
    ada = await come("Ada");
    bob = await come("Bob");
  });
  afterEach(async () => {
    const errors = people.flatMap((person) => person.errors);
    for (const person of people.splice(0)) await person.close();
    expect(errors).toEqual([]);
  });

  /** Some strokes of both that the page has shown as saved: never none. */
  async function savedStrokes(): Promise<readonly string[]> {
    await ada.draw([300, 200], [500, 260]);
    await bob.draw([320, 400], [560, 420]);
    for (const person of [ada, bob]) await person.sees(2);
    for (const person of [ada, bob]) await person.isSaved();
    const saved = (await ada.shapes()).map(({ id }) => id);
    expect(saved.length).toBeGreaterThan(0);
    return saved;
  }

  async function newcomerSees(count: number, saved: readonly string[]): Promise<void> {
    const eve = await come("Eve");
    await eve.sees(count);
    const shapes = await eve.shapes();
    expect(shapes.map(({ id }) => id)).toEqual(expect.arrayContaining([...saved]));
    expect(shapes).toEqual(await ada.shapes());
  }

  test("cursors, names and a stroke are seen while it is drawn", async () => {
    await bob.page.mouse.move(640, 360);
    await ada.page.waitForFunction(() => window.__board?.people().some(({ name, cursor }) => name === "Bob" && cursor));
    await ada.begin([300, 200], [500, 260], 20);
    await bob.page.waitForFunction(() => (window.__board?.drafts().length ?? 0) > 0);
    expect(await bob.shapes()).toHaveLength(0);
    await ada.page.mouse.up();
    await bob.sees(1);
    expect(await bob.shapes()).toEqual(await ada.shapes());
  });

  test("undo takes back one's own stroke only", async () => {
    await savedStrokes();
    await ada.page.keyboard.press("Control+z");
    for (const person of [ada, bob]) await person.sees(1);
    await bob.page.keyboard.press("Control+Shift+z");
    await ada.draw([200, 500], [400, 560]);
    for (const person of [ada, bob]) await person.sees(2);
  });

  test("the server is killed: strokes still arrive live and stay unsaved, then everything is saved", async () => {
    const saved = await savedStrokes();
    await stack.killServer();
    await ada.draw([300, 500], [500, 560]);
    await bob.sees(3);
    await ada.isNotSaved();
    await ada.says(/Not saved yet/);
    await stack.startServer();
    for (const person of [ada, bob]) await person.isSaved();
    await newcomerSees(3, saved);
  });

  test("the service is killed: the page says so, edits sync over HTTP, and live again after its restart", async () => {
    const saved = await savedStrokes();
    await stack.killService();
    await ada.says(/Reconnecting|slow|Offline/);
    await ada.draw([300, 500], [500, 560]);
    await bob.sees(3);
    await stack.startService();
    for (const person of [ada, bob]) await person.page.waitForFunction(() => window.__board?.link() === "live");
    await bob.draw([600, 500], [700, 560]);
    for (const person of [ada, bob]) await person.sees(4);
    for (const person of [ada, bob]) await person.isSaved();
    await newcomerSees(4, saved);
  });

  test("both are killed: drawing goes on, and meets again after both are back", async () => {
    const saved = await savedStrokes();
    await Promise.all([stack.killServer(), stack.killService()]);
    await ada.draw([300, 500], [500, 560]);
    await bob.draw([600, 500], [700, 560]);
    for (const person of [ada, bob]) await person.sees(3);
    await ada.isNotSaved();
    await stack.startService();
    await stack.startServer();
    for (const person of [ada, bob]) await person.sees(4);
    for (const person of [ada, bob]) await person.isSaved();
    await newcomerSees(4, saved);
  });
});
