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
  const room = `${stack.url}/b/${crypto.randomUUID().replaceAll("-", "")}`;
  const ada = await Person.at(browser, room, "Ada Lovelace");
  const grace = await Person.at(browser, room, "Grace Hopper");
  for (const person of [ada, grace]) await person.isSynced();
  await drawScene(ada, grace);
  for (const person of [ada, grace]) await person.isSaved();
  // Grace draws and has not lifted the pen yet: Ada sees the stroke grow.
  await pen(grace, "violet", "m");
  await stroke(grace, (t) => [900 + 150 * t, 470 + 40 * Math.sin(t * 9)], 60, false);
  await ada.page.waitForFunction(() => window.__board?.drafts().length === 1);
  await ada.page.bringToFront();
  await ada.page.keyboard.press("v");
  await ada.page.mouse.click(420, 260);
  await ada.page.screenshot({ path: resolve(folder, "whiteboard.png"), animations: "disabled" });
  await grace.page.mouse.up();
  await ada.page.getByRole("button", { name: /Switch to the dark/ }).click();
  await ada.page.screenshot({ path: resolve(folder, "whiteboard-dark.png"), animations: "disabled" });
  await grace.page.setViewportSize({ width: 390, height: 844 });
  await grace.page.bringToFront();
  await grace.page.keyboard.press("Shift+Digit1");
  await grace.page.screenshot({ path: resolve(folder, "whiteboard-phone.png"), animations: "disabled" });
  console.log(`Pictures are in ${folder}`);
} finally {
  await browser.close();
  await stack.close();
}

/** How an edit travels: boxes, words and arrows by hand. */
async function drawScene(ada: Person, grace: Person): Promise<void> {
  await words(ada, { at: [400, 118], text: "How an edit travels", color: "black", size: "m" });
  await box(ada, { key: "r", color: "violet", from: [250, 170], to: [470, 290] });
  await box(ada, { key: "r", color: "blue", from: [590, 170], to: [810, 290] });
  await box(ada, { key: "o", color: "green", from: [590, 400], to: [810, 530] });
  await words(ada, { at: [323, 230], text: "Browser", color: "violet", size: "s" });
  await words(ada, { at: [646, 230], text: "Web PubSub", color: "blue", size: "s" });
  await words(ada, { at: [651, 465], text: "Durable log", color: "green", size: "s" });
  await pen(ada, "grey", "s");
  await stroke(ada, (t) => [480 + 100 * t, 228 + 8 * Math.sin(t * 5)]);
  await stroke(ada, (t) => [566 + 16 * Math.min(2 * t, 2 - 2 * t), 216 + 24 * t], 20);
  await stroke(ada, (t) => [700 + 5 * Math.sin(t * 6), 300 + 92 * t]);
  await stroke(ada, (t) => [686 + 26 * t, 380 + 16 * Math.min(2 * t, 2 - 2 * t)], 20);
  await pen(ada, "orange", "m");
  await stroke(ada, (t) => [250 + 190 * t, 470 + 34 * Math.sin(t * 14) * (1 - t * 0.6)], 90);
  await pen(grace, "red", "m");
  await stroke(grace, (t) => [930 + 90 * Math.cos(t * 6.6 - 1), 250 + 60 * Math.sin(t * 6.6 - 1)], 70);
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
  await page.locator(`.swatch[data-color=${color}]`).click();
  await page.locator(".fill[data-fill=soft]").click();
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
  readonly size: "s" | "m";
}

async function words({ page }: Person, { at, text, color, size }: Words): Promise<void> {
  await page.keyboard.press("t");
  await page.locator(`.swatch[data-color=${color}]`).click();
  await page.locator(`.size[data-size=${size}]`).click();
  await page.mouse.click(...at);
  await page.keyboard.type(text);
  await page.keyboard.press("Escape");
}

async function pen({ page }: Person, color: string, size: "s" | "m"): Promise<void> {
  await page.keyboard.press("p");
  await page.locator(`.swatch[data-color=${color}]`).click();
  await page.locator(`.size[data-size=${size}]`).click();
}

/** Follows a curve over t from 0 to 1. `lift: false` leaves the pen down. */
async function stroke({ page }: Person, curve: (t: number) => Point, moves = 60, lift = true): Promise<void> {
  await page.mouse.move(...curve(0));
  await page.mouse.down();
  for (let move = 1; move <= moves; move++) await page.mouse.move(...curve(move / moves));
  if (lift) await page.mouse.up();
}
