/** `npm run pictures`: makes the pictures of README and docs from the running whiteboard. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { openBrowser, Person } from "../support/pages.ts";
import { Stack } from "../support/stack.ts";

type Point = readonly [number, number];

const folder = resolve(import.meta.dirname, "../../docs/images");
mkdirSync(folder, { recursive: true });

const stack = await Stack.start();
const browser = await openBrowser();
try {
  const key = crypto.randomUUID().replaceAll("-", "");
  const board = `${stack.url}/b/${key}`;
  const ada = await Person.at(browser, board, "Ada Lovelace");
  const grace = await Person.at(browser, board, "Grace Hopper");
  for (const person of [ada, grace]) await person.isSynced();
  await drawScene(ada, grace);
  for (const person of [ada, grace]) await person.isSaved();
  await pictureTogether(ada, grace);
  await picturePhone(grace);
  await pictureHistory(ada);
  await pictureSplit(ada, `${stack.url}/split/${key}`);
  console.log(`Pictures are in ${folder}`);
} finally {
  await browser.close();
  await stack.close();
}

function save({ page }: Person, name: string): Promise<Buffer> {
  return page.screenshot({ path: resolve(folder, `${name}.png`), animations: "disabled" });
}

/** Grace draws and has not lifted the pen yet: Ada sees the stroke grow. */
async function pictureTogether(ada: Person, grace: Person): Promise<void> {
  await pen(grace, "violet", "m");
  await stroke(grace, (t) => [900 + 180 * t, 395 + 14 * Math.sin(t * 16)], 60, false);
  await ada.page.waitForFunction(() => window.__board?.drafts().length === 1);
  await ada.page.bringToFront();
  await ada.page.keyboard.press("v");
  await ada.page.mouse.click(250, 225);
  await ada.page.locator(".toast").first().waitFor({ state: "detached" });
  await save(ada, "whiteboard");
  await ada.page.getByRole("button", { name: /Switch to the dark/ }).click();
  await save(ada, "whiteboard-dark");
  await ada.page.getByRole("button", { name: /Switch to the light/ }).click();
  await grace.page.mouse.up();
  await ada.sees((await grace.shapes()).length);
}

async function picturePhone({ page }: Person): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.bringToFront();
  await page.keyboard.press("Escape");
  await page.keyboard.press("p");
  await page.keyboard.press("Shift+Digit1");
  await page.screenshot({ path: resolve(folder, "whiteboard-phone.png"), animations: "disabled" });
  if (before) await page.setViewportSize(before);
}

/** An earlier moment is looked at; the board itself is as it was. */
async function pictureHistory(ada: Person): Promise<void> {
  await ada.page.bringToFront();
  await ada.isSaved();
  await ada.page.keyboard.press("Escape");
  await ada.page.getByRole("button", { name: "History" }).first().click();
  const history = ada.page.getByRole("region", { name: "History" });
  await history.getByRole("textbox").fill("For the talk");
  await history.getByRole("button", { name: "Keep" }).click();
  await history.getByRole("button", { name: /^For the talk/ }).waitFor();
  await ada.page.locator(".toast").first().waitFor({ state: "detached" });
  await history
    .getByRole("button", { name: /^Edited/ })
    .nth(4)
    .click();
  await ada.page.locator(".past").waitFor();
  await ada.page.waitForFunction(() =>
    [...document.querySelectorAll("canvas.thumbnail")]
      .slice(0, 8)
      .every((canvas) => Reflect.get(canvas, "dataset")["painted"]),
  );
  await save(ada, "whiteboard-history");
  await ada.page.locator(".past").getByRole("button", { name: "Back to now" }).click();
}

/** Two live clients in one window, what travels on the right, the pen down on the left. */
async function pictureSplit(ada: Person, address: string): Promise<void> {
  const { page } = ada;
  await page.setViewportSize({ width: 1600, height: 860 });
  await page.goto(address);
  const [left, right] = ["Ada", "Grace"].map((name) => page.frameLocator(`iframe[title="${name}'s board"]`));
  if (!left || !right) throw new Error("The split view has two frames.");
  for (const side of [left, right]) {
    await side.locator(".status", { hasText: "Saved" }).waitFor();
    await side.getByRole("application").press("Shift+Digit1");
  }
  await right.getByRole("button", { name: "Wire: what travels" }).first().click();
  await left.getByRole("application").press("p");
  await left.locator(".choice[data-color=orange]").click();
  await page.mouse.move(180, 650);
  await page.mouse.down();
  for (let move = 1; move <= 90; move++) await page.mouse.move(180 + 4.2 * move, 650 + 18 * Math.sin(move / 7));
  // The panel shows whole seconds: one passes, with the pen still in motion.
  for (let move = 1; move <= 90; move++) await page.mouse.move(558 - 3 * move, 690 + 9 * Math.sin(move / 5));
  await right.locator(".wire-fact", { hasText: /In[1-9]/ }).waitFor();
  await save(ada, "whiteboard-split");
  await page.mouse.up();
}

/** How an edit travels: from one browser to the other through the service, and over HTTP into the log. */
async function drawScene(ada: Person, grace: Person): Promise<void> {
  await words(ada, { at: [190, 112], text: "How an edit travels", color: "black", size: "l" });
  await box(ada, { key: "r", color: "violet", from: [190, 210], to: [390, 310] });
  await box(ada, { key: "r", color: "blue", from: [540, 210], to: [740, 310] });
  await box(grace, { key: "r", color: "orange", from: [890, 210], to: [1090, 310] });
  await box(ada, { key: "o", color: "green", from: [530, 460], to: [750, 580] });
  await words(ada, { at: [247, 260], text: "Browser", color: "violet", size: "s" });
  await words(ada, { at: [583, 260], text: "Web PubSub", color: "blue", size: "s" });
  await words(grace, { at: [947, 260], text: "Browser", color: "orange", size: "s" });
  await words(ada, { at: [582, 520], text: "Durable log", color: "green", size: "s" });
  await arrow(ada, [402, 260], [528, 260]);
  await arrow(ada, [752, 260], [878, 260]);
  await arrow(ada, [300, 322], [524, 490]);
  await note(grace, { at: [985, 520], text: "Client to client, in milliseconds" });
  await note(ada, { at: [290, 560], text: "“Saved” means the server said so" });
  await pen(ada, "orange", "s");
  await stroke(ada, (t) => [192 + 410 * t, 152 + 5 * Math.sin(t * 11)], 70);
  await pen(grace, "red", "s");
  await stroke(grace, (t) => [640 + 150 * Math.cos(t * 6.6 - 2.4), 260 + 84 * Math.sin(t * 6.6 - 2.4)], 70);
}

interface Box {
  readonly key: "r" | "o";
  readonly color: string;
  readonly from: Point;
  readonly to: Point;
}

async function box(person: Person, { key, color, from, to }: Box): Promise<void> {
  const { page } = person;
  await page.keyboard.press(key);
  await page.locator(`.choice[data-color=${color}]`).click();
  await page.locator(".choice[data-fill=soft]").click();
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 6 });
  await page.mouse.up();
  await page.keyboard.press("Escape");
}

interface Words {
  readonly at: Point;
  readonly text: string;
  readonly color: string;
  readonly size: "s" | "m" | "l";
}

async function words({ page }: Person, { at, text, color, size }: Words): Promise<void> {
  await page.keyboard.press("t");
  await page.locator(`.choice[data-color=${color}]`).click();
  await page.locator(`.choice[data-size=${size}]`).click();
  await page.mouse.click(...at);
  await page.keyboard.type(text);
  await page.keyboard.press("Escape");
}

async function arrow({ page }: Person, from: Point, to: Point): Promise<void> {
  await page.keyboard.press("a");
  await page.locator(".choice[data-color=grey]").click();
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 6 });
  await page.mouse.up();
  await page.keyboard.press("Escape");
}

async function note({ page }: Person, { at, text }: { readonly at: Point; readonly text: string }): Promise<void> {
  await page.keyboard.press("n");
  await page.mouse.click(...at);
  await page.keyboard.type(text);
  await page.keyboard.press("Escape");
}

async function pen({ page }: Person, color: string, size: "s" | "m" | "l"): Promise<void> {
  await page.keyboard.press("p");
  await page.locator(`.choice[data-color=${color}]`).click();
  await page.locator(`.choice[data-size=${size}]`).click();
}

/** Follows a curve over t from 0 to 1. `lift: false` leaves the pen down. */
async function stroke({ page }: Person, curve: (t: number) => Point, moves = 60, lift = true): Promise<void> {
  await page.mouse.move(...curve(0));
  await page.mouse.down();
  for (let move = 1; move <= moves; move++) await page.mouse.move(...curve(move / moves));
  if (lift) await page.mouse.up();
}
