import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../../support/pages.ts";
import { Stack } from "../../support/stack.ts";
import { Stranger } from "../../support/stranger.ts";
import { ForeignLoad } from "../foreign-load.ts";
import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { Crowd } from "./crowd.ts";
import { frameTimes, percentile } from "./frames.ts";
import { fillBoard } from "./scene.ts";

const viewport = { width: 1280, height: 800 };
const assets = resolve(import.meta.dirname, "../../../demo-whiteboard/dist/assets");
const crowdSize = 5;
const quietMs = 1000;

interface Repeat {
  readonly loadMs: number;
  readonly blank: readonly number[];
  readonly pan: readonly number[];
  readonly fit: readonly number[];
  readonly draw: readonly number[];
  readonly foreignCores: number | undefined;
}

/** The board in a real browser with 10,000 shapes on it, and the blank page of the same browser beside it. */
export async function benchWhiteboard({ quick }: BenchOptions): Promise<readonly Row[]> {
  const shapes = quick ? 500 : 10_000;
  const frames = quick ? 20 : 180;
  const stack = await Stack.start();
  const browser = await openBrowser();
  try {
    const key = `bench-${crypto.randomUUID()}`;
    const author = await Stranger.at(stack.url, key);
    fillBoard(author.doc, shapes);
    await author.provider.whenSaved();
    author.leave();
    const repeats: Repeat[] = [];
    for (let at = 0; at < (quick ? 1 : 3); at += 1) {
      repeats.push(await measure(browser, stack.url, key, { shapes, frames }));
    }
    return [...frameRows(repeats, shapes), ...(await sizeRows(browser, stack.url))];
  } finally {
    await browser.close();
    await stack.close();
  }
}

interface Plan {
  readonly shapes: number;
  readonly frames: number;
}

async function measure(browser: Browser, url: string, key: string, { shapes, frames }: Plan): Promise<Repeat> {
  // What others do is measured in a quiet second before: afterwards the browser's own work cannot be told from it.
  const foreign = new ForeignLoad();
  await setTimeout(quietMs);
  const foreignCores = foreign.cores(0);
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const blank = await frameTimes(page, "nothing", frames);
  const loadMs = await load(page, `${url}/b/${key}`, shapes);
  await page.keyboard.press("Escape");
  await page.getByRole("application").focus();
  await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  const pan = await frameTimes(page, "pan", frames);
  await page.keyboard.press("Shift+Digit1");
  await frameTimes(page, "nothing", 10);
  const fit = await frameTimes(page, "pan", frames);
  await page.keyboard.press("0");
  const crowd = await Crowd.at(url, key, crowdSize);
  crowd.begin();
  await page.waitForFunction((count) => window.__board?.drafts().length === count, crowdSize);
  const draw = await drawing(page, frames);
  crowd.end();
  await context.close();
  return { loadMs, blank, pan, fit, draw, foreignCores };
}

/** From the navigation to the first frame that has all shapes on it. */
async function load(page: Page, address: string, shapes: number): Promise<number> {
  await page.addInitScript((count) => {
    const watcher = {
      look(now: number): void {
        if (window.__board?.count() === count) Reflect.set(window, "__loadedMs", now);
        else requestAnimationFrame(watcher.look);
      },
    };
    requestAnimationFrame(watcher.look);
  }, shapes);
  await page.goto(address);
  const loaded = await page.waitForFunction(() => Reflect.get(window, "__loadedMs"));
  return Number(await loaded.jsonValue());
}

/** A real mouse draws while the frames are counted. */
async function drawing(page: Page, frames: number): Promise<readonly number[]> {
  await page.keyboard.press("p");
  await page.mouse.move(400, 600);
  await page.mouse.down();
  const counted = frameTimes(page, "nothing", frames);
  let drawing = true;
  const moves = (async () => {
    for (let at = 0; drawing; at += 1) await page.mouse.move(400 + (at % 400), 600 + 40 * Math.sin(at / 9));
  })();
  const times = await counted;
  drawing = false;
  await moves;
  await page.mouse.up();
  return times;
}

function frameRows(repeats: readonly Repeat[], shapes: number): readonly Row[] {
  const foreignCores = repeats.flatMap((repeat) => (repeat.foreignCores === undefined ? [] : [repeat.foreignCores]));
  const row = (name: string, key: "pan" | "fit" | "draw", percent: 50 | 95, limit: number): Row => ({
    name: `${name}, p${percent} of frames`,
    unit: "ms",
    subject: { name: "board", values: repeats.map((repeat) => percentile(repeat[key], percent)) },
    floor: { name: "blank page", values: repeats.map(({ blank }) => percentile(blank, percent)) },
    limit,
    foreignCores,
  });
  return [
    row(`${shapes} shapes, pan at 100 %`, "pan", 95, 20),
    row(`${shapes} shapes, all in view`, "fit", 50, 20),
    row(`${shapes} shapes, all in view`, "fit", 95, 50),
    row(`${shapes} shapes, drawing while ${crowdSize} others draw`, "draw", 95, 20),
    {
      name: `${shapes} shapes, from the address to the first whole frame`,
      unit: "ms",
      subject: { name: "board", values: repeats.map(({ loadMs }) => loadMs) },
      limit: 400,
      foreignCores,
    },
  ];
}

/** What does not depend on the machine. */
async function sizeRows(browser: Browser, url: string): Promise<readonly Row[]> {
  const scripts = readdirSync(assets).filter((file) => file.endsWith(".js"));
  const kilobytes = scripts.reduce(
    (sum, file) => sum + gzipSync(readFileSync(resolve(assets, file)), { level: 9 }).length / 1000,
    0,
  );
  return [
    {
      name: "JavaScript in all",
      unit: "KB gzip",
      subject: { name: "board", values: [kilobytes] },
      limit: 140,
      foreignCores: [0],
    },
    {
      name: "a stroke of 60 points, in the document",
      unit: "bytes",
      subject: { name: "board", values: [await strokeBytes(browser, url)] },
      limit: 350,
      foreignCores: [0],
    },
  ];
}

/** What the document grows by when a mouse draws its second stroke of 60 points: with the first comes the author's name. */
async function strokeBytes(browser: Browser, url: string): Promise<number> {
  const key = `bench-${crypto.randomUUID()}`;
  const watcher = await Stranger.at(url, key);
  const context = await browser.newContext({ viewport });
  try {
    const page = await context.newPage();
    await page.goto(`${url}/b/${key}`);
    await page.waitForFunction(() => window.__board?.synced());
    const grown = new Promise<number>((done) =>
      watcher.doc.on("update", (update: Uint8Array) => {
        if (watcher.shapes.size === 2) done(update.length);
      }),
    );
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    for (const y of [300, 500]) {
      await page.mouse.move(300, y);
      await page.mouse.down();
      for (let at = 1; at < 60; at += 1) await page.mouse.move(300 + 6 * at, y + 60 * Math.sin(at / 7));
      await page.mouse.up();
    }
    const bytes = await grown;
    const points = await page.evaluate(() => window.__board?.shapes()[1]?.points?.length ?? 0);
    if (points < 100) throw new Error("The stroke has fewer points than were drawn.");
    return bytes;
  } finally {
    await context.close();
    watcher.leave();
  }
}
