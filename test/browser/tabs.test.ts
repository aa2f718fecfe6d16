import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findBrowser } from "../support/browser.ts";
import { EditorHouse } from "../support/editor-house.ts";

describe("tabs of a real browser", () => {
  let browser: Browser;
  let house: EditorHouse;
  let context: BrowserContext;
  let document = 0;
  const others: BrowserContext[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findBrowser().path,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
      // Pages shall be able to come back from it.
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
    });
    house = await EditorHouse.start();
  });
  afterAll(async () => {
    await browser.close();
    await house.close();
  });
  beforeEach(async () => {
    document++;
    context = await browser.newContext();
  });
  afterEach(async () => {
    for (const one of [context, ...others.splice(0)]) await one.close();
  });

  const tab = (user: string, persistent = false) => house.tab(context, `document ${document}`, user, persistent);

  /** In a profile of its own: no tab beside the others. */
  async function elsewhere(user: string): Promise<Page> {
    const own = await browser.newContext();
    others.push(own);
    return house.tab(own, `document ${document}`, user);
  }

  const reads = (page: Page, words: string) => page.waitForFunction((wanted) => editor.words() === wanted, words);
  const type = (page: Page, words: string) => page.evaluate((text) => editor.type(text), words);
  const synced = (page: Page) => page.waitForFunction(() => editor.state().synced);
  const saved = (page: Page) => page.waitForFunction(() => editor.saved());

  test("TB2 two tabs of one browser publish nothing for each other, and go on without network", async () => {
    const [left, right] = [await tab("ada"), await tab("ada")];
    await Promise.all([synced(left), synced(right)]);
    // Once nobody else has answered its hellos, nothing of what a tab says leaves the browser.
    const published = await left.evaluate(async () => {
      for (;;) {
        const before = editor.framesOut("edit");
        editor.type(".");
        await new Promise((resolve) => setTimeout(resolve, 200));
        if (editor.framesOut("edit") === before) return before;
      }
    });
    const dots = await left.evaluate(() => editor.words());
    await type(left, "over the channel");
    await reads(right, `${dots}over the channel`);
    expect(await left.evaluate(() => editor.framesOut("edit"))).toBe(published);
    expect(await right.evaluate(() => editor.present())).toBe(2);
    await context.setOffline(true);
    await type(right, ", offline too");
    await reads(left, `${dots}over the channel, offline too`);
    await context.setOffline(false);
    await Promise.all([saved(left), saved(right)]);
    const far = await elsewhere("bob");
    await reads(far, `${dots}over the channel, offline too`);
  });

  test("CN9 edits of a tab that was closed without network are there on the next visit, and are uploaded then", async () => {
    const first = await tab("ada", true);
    await synced(first);
    await context.setOffline(true);
    await type(first, "kept on the device");
    await first.waitForFunction(async () => {
      const names = await indexedDB.databases();
      return names.length > 1;
    });
    await first.close({ runBeforeUnload: false });
    await context.setOffline(false);
    const next = await tab("ada", true);
    expect(await next.evaluate(() => editor.words())).toBe("kept on the device");
    await saved(next);
    const far = await elsewhere("bob");
    await reads(far, "kept on the device");
  });

  test("CN9 a full device is told, and the document is saved at the server all the same", async () => {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    // Before the first write: the browser remembers for a while how much space there was.
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(house.pageUrl).origin, quotaSize: 1 });
    await house.visit(page, `document ${document}`, "ada", true);
    await synced(page);
    await type(page, "x".repeat(200_000));
    await page.waitForFunction(() => editor.problems().includes("quota-exceeded"));
    await saved(page);
  });

  test("CN9 site data that is cleared under the page breaks no edit", async () => {
    const page = await tab("ada", true);
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await synced(page);
    await type(page, "before ");
    await saved(page);
    const session = await context.newCDPSession(page);
    const { origin } = new URL(house.pageUrl);
    await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    await type(page, "after");
    await saved(page);
    await reads(await elsewhere("bob"), "before after");
    expect(errors).toEqual([]);
  });

  test("DU1 what was typed just before a page is left is saved", async () => {
    const page = await tab("ada");
    await synced(page);
    await page.evaluate(() => {
      editor.type("the last words");
      location.href = "about:blank";
    });
    await page.waitForURL("about:blank");
    const far = await elsewhere("bob");
    await synced(far);
    expect(await far.evaluate(() => editor.words())).toBe("the last words");
  });

  test("CN8 a page that comes back, from the back/forward cache or anew, is live again and misses nothing", async () => {
    const page = await tab("ada");
    const far = await elsewhere("bob");
    await Promise.all([synced(page), synced(far)]);
    await page.goto(`${house.pageUrl}elsewhere`);
    await type(far, "while away");
    await page.goBack({ waitUntil: "commit" });
    const isRestored = await page.evaluate(() => "editor" in globalThis);
    if (!isRestored) await house.visit(page, `document ${document}`, "ada");
    await reads(page, "while away");
    await page.waitForFunction(() => editor.state().link === "live");
    await type(page, ", and back");
    await reads(far, "while away, and back");
    console.log(
      `The page came back ${isRestored ? "from the back/forward cache" : "anew: the browser did not keep it"}.`,
    );
  });

  test("CN8 a frozen tab that thaws has everything, and is heard again", async () => {
    const page = await tab("ada");
    const far = await elsewhere("bob");
    await Promise.all([synced(page), synced(far)]);
    const session = await context.newCDPSession(page);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await type(far, "while frozen");
    await saved(far);
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await reads(page, "while frozen");
    await type(page, ", thawed");
    await reads(far, "while frozen, thawed");
  });
});
