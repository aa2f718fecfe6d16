import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../support/pages.ts";
import { Room } from "../support/room.ts";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds against WCAG 2.2 A and AA: rule and element, one line each. */
async function violations({ page }: Person): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const run: unknown = Reflect.get(Reflect.get(window, "axe"), "run");
    if (typeof run !== "function") throw new Error("axe is not there.");
    const { violations } = await run(document, { runOnly: { type: "tag", values: tags } });
    return violations.flatMap(({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
      nodes.map(({ html }) => `${id}: ${html}`),
    );
  });
}

describe("for everybody", () => {
  const room = new Room();
  beforeAll(() => room.open());
  afterAll(() => room.close());
  beforeEach(() => room.begin());
  afterEach(() => room.end());

  const said = ({ page }: Person, words: RegExp) =>
    page.locator("[data-notice]", { hasText: words }).waitFor({ state: "attached" });

  test("axe finds nothing: an empty board, a full one with a selection, open panels in the dark, a read-only one", async () => {
    const { ada } = room;
    expect(await violations(ada)).toEqual([]);

    await ada.page.keyboard.press("n");
    await ada.page.keyboard.press("Enter");
    await ada.page.keyboard.type("Milk");
    expect(await violations(ada)).toEqual([]);
    await ada.page.keyboard.press("Escape");
    await ada.page.keyboard.press("r");
    await ada.page.keyboard.press("Enter");
    await ada.sees(2);
    expect(await violations(ada)).toEqual([]);

    await ada.page.getByRole("button", { name: /Switch to the dark/ }).click();
    await ada.page.getByRole("button", { name: "Wire: what travels" }).first().click();
    expect(await violations(ada)).toEqual([]);
    await ada.page.getByRole("button", { name: "Files and help" }).click();
    expect(await violations(ada)).toEqual([]);
    await ada.page.keyboard.press("Escape");
    await ada.page.keyboard.press("?");
    await ada.page.getByRole("dialog").waitFor();
    expect(await violations(ada)).toEqual([]);

    const eve = await room.look("Eve");
    await eve.sees(2);
    expect(await violations(eve)).toEqual([]);
  });

  test("the keyboard alone: a note is made, written, found, moved, deleted and brought back, and each step is said", async () => {
    const { ada, bob } = room;
    const { keyboard } = ada.page;
    await ada.page.getByRole("button", { name: "Pen" }).focus();
    for (let step = 0; step < 9; step += 1) await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    await ada.page.getByRole("application").focus();
    await keyboard.press("Enter");
    await keyboard.type("Milk, eggs");
    await keyboard.press("Escape");
    await bob.seesOne({ type: "note", text: "Milk, eggs" });
    await ada.page.getByRole("application").focus();
    await keyboard.press("Tab");
    await said(ada, /Note: Milk, eggs, 1 of 1, yellow/);
    const [before] = await ada.shapes();
    await keyboard.press("Shift+ArrowRight");
    await keyboard.press("ArrowDown");
    const [x = 0, y = 0, width = 0, height = 0] = before?.box ?? [];
    await bob.seesOne({ box: [x + 10, y + 1, width, height] });
    await keyboard.press("Enter");
    await keyboard.press("End");
    await keyboard.type(", bread");
    await keyboard.press("Escape");
    await bob.seesOne({ text: "Milk, eggs, bread" });
    await ada.page.getByRole("application").focus();
    await keyboard.press("Tab");
    await keyboard.press("Delete");
    await said(ada, /Shape deleted/);
    await bob.sees(0);
    await keyboard.press("Control+z");
    await said(ada, /Undone/);
    await bob.seesOne({ type: "note", text: "Milk, eggs, bread" });
    const outline = bob.page.getByRole("list", { name: "Shapes on this board" }).getByRole("listitem");
    await outline.first().waitFor({ state: "attached" });
    expect(await outline.allTextContents()).toEqual(["Note: Milk, eggs, bread, yellow, by Ada"]);
    // Beyond the last shape, Tab goes on to the page: the board is no trap.
    await ada.page.getByRole("application").focus();
    await keyboard.press("Tab");
    await keyboard.press("Tab");
    expect(await ada.page.evaluate(() => document.activeElement?.getAttribute("role"))).not.toBe("application");
  });

  test("the toolbar is one stop of the Tab key, and its arrows go round", async () => {
    const { page } = room.ada;
    const bar = page.getByRole("toolbar", { name: "Tools" });
    expect(await bar.locator("button[tabindex='0']").count()).toBe(1);
    await bar.getByRole("button", { name: "Select" }).focus();
    await page.keyboard.press("ArrowLeft");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Sticky note");
    await page.keyboard.press("Home");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Select");
    await page.keyboard.press("End");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Sticky note");
  });

  test("with forced colours the picked tool is still told apart; with reduced motion nothing moves by itself", async () => {
    const tim = await room.come("Tim", { forcedColors: "active", reducedMotion: "reduce" });
    const style = (name: string, property: string) =>
      tim.page
        .getByRole("button", { name, exact: true })
        .evaluate((button, key) => getComputedStyle(button).getPropertyValue(key), property);
    expect(await style("Pen", "outline-style")).not.toBe(await style("Rectangle", "outline-style"));
    const moving = await tim.page.evaluate(() => document.getAnimations().length);
    expect(moving).toBe(0);
    expect(await violations(tim)).toEqual([]);
  });
});
