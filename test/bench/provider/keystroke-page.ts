import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { bundleForBrowser } from "../../support/esbuild.ts";
import { openBrowser } from "../../support/pages.ts";
import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import type { ServerCalls } from "./server.ts";
import { keystrokeGoalMs, type Typed } from "./typing.ts";

const edits = 100_000;

/** What the page offers (keystroke-page-entry.ts). */
declare global {
  interface Window {
    __open?: (document: string, edits: number) => Promise<void>;
    __type?: (what: Typed) => Promise<void>;
  }
}

/** As `measureKeystroke`, in a page of a real browser: there the sockets are another process's work. */
export async function measureKeystrokeInPage(quick: boolean): Promise<readonly Row[]> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const browser = await openBrowser();
  try {
    const port = await server.call("start", { kind: "ours" });
    const count = quick ? 1_000 : edits;
    const page = await openPage(browser, server, port, count);
    const session = await page.context().newCDPSession(page);
    // The time that the main thread was on a processor, whoever else wanted it.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const keys = quick ? 20 : 250;
    await spentMs(page, session, { keys, into: "document" });
    const values: number[] = [];
    const alone: number[] = [];
    const foreign: number[] = [];
    for (let repeat = 0; repeat < (quick ? 1 : 5); repeat++) {
      const load = new ForeignLoad();
      const resting = await spentMs(page, session, { keys, into: "nothing" });
      const perKey = (ms: number): number => Math.max(0, ms - resting) / keys;
      foreign.push(load.cores(0) ?? Number.NaN);
      values.push(perKey(await spentMs(page, session, { keys, into: "document" })));
      alone.push(perKey(await spentMs(page, session, { keys, into: "copy" })));
    }
    const row = (name: string, series: readonly number[]): Row => ({
      ...{ name, unit: "ms", foreignCores: foreign },
      subject: { name: "ours", values: series },
    });
    return [
      {
        ...row(`a keystroke in a page among ${count} edits, saved`, values),
        floor: { name: "the bound", values: values.map(() => keystrokeGoalMs) },
        goal: 1,
      },
      row(`the same key in a page among ${count} edits without a provider`, alone),
    ];
  } finally {
    await browser.close();
    await server.end();
  }
}

/** A document with a past, and another member in the room. */
async function openPage(browser: Browser, server: Remote<ServerCalls>, port: number, count: number): Promise<Page> {
  const origin = `http://127.0.0.1:${port}`;
  const page = await browser.newPage();
  const script = bundled();
  await page.route(`${origin}/page`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(`${origin}/page`);
  await page.addScriptTag({ content: script });
  await page.evaluate(({ count }) => window.__open?.("page", count), { count });
  await server.call("join", { url: `${origin}/collab`, document: "page" });
  return page;
}

/** Of the page's main thread. */
async function spentMs(page: Page, session: CDPSession, what: Typed): Promise<number> {
  const before = await taskMs(session);
  await page.evaluate((what) => window.__type?.(what), what);
  return (await taskMs(session)) - before;
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  const seconds = metrics.find(({ name }) => name === "TaskDuration")?.value;
  if (seconds === undefined) throw new Error("The browser does not tell what its main thread does.");
  return seconds * 1_000;
}

function bundled(): string {
  const folder = mkdtempSync(join(tmpdir(), "keystroke-"));
  try {
    const outfile = join(folder, "page.js");
    bundleForBrowser({ entryPoints: [join(import.meta.dirname, "keystroke-page-entry.ts")], format: "iife", outfile });
    return readFileSync(outfile, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
