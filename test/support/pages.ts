import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { findBrowser } from "./browser.ts";

/** Without the background-networking switches Chromium looks for hosts that a closed network refuses one by one. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser().path, args: switches });
}

/** What the whiteboard offers to tests as `window.__board`. */
interface BoardHook {
  shapes(): { readonly id: string; readonly type: string }[];
  drafts(): { readonly id: string }[];
  pending(): number;
  synced(): boolean;
  saveState(): string;
  link(): string;
  people(): { readonly name: string; readonly cursor: readonly [number, number] | null }[];
}

declare global {
  interface Window {
    __board?: BoardHook;
  }
}

/** One person at the whiteboard: a browser context of its own, with the errors the page met. */
export class Person {
  readonly page: Page;
  readonly errors: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  static async at(browser: Browser, url: string, name: string): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
    const person = new Person(context, await context.newPage());
    await person.page.goto(url);
    await person.page.getByRole("form", { name: "Your name" }).getByRole("textbox").fill(name);
    await person.page.keyboard.press("Enter");
    return person;
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  /** Draws with the pen from one point to another in so many mouse moves. */
  async draw(from: readonly [number, number], to: readonly [number, number], moves = 12): Promise<void> {
    await this.begin(from, to, moves);
    await this.page.mouse.up();
  }

  /** The same without lifting the pen. */
  async begin(from: readonly [number, number], to: readonly [number, number], moves = 12): Promise<void> {
    await this.page.keyboard.press("p");
    await this.page.mouse.move(...from);
    await this.page.mouse.down();
    await this.page.mouse.move(...to, { steps: moves });
  }

  shapes(): Promise<readonly { readonly id: string; readonly type: string }[]> {
    return this.page.evaluate(() => window.__board?.shapes() ?? []);
  }

  /** Waits until so many shapes are on the board. */
  async sees(count: number): Promise<void> {
    await this.page.waitForFunction((wanted) => window.__board?.shapes().length === wanted, count);
  }

  async isSynced(): Promise<void> {
    await this.page.waitForFunction(() => window.__board?.synced());
  }

  /** Nothing is pending and the page says Saved. */
  async isSaved(): Promise<void> {
    await this.page.waitForFunction(() => window.__board?.pending() === 0 && window.__board.saveState() === "saved");
  }

  async isNotSaved(): Promise<void> {
    await this.page.waitForFunction(() => (window.__board?.pending() ?? 0) > 0);
  }

  /** What the page itself says about saving. */
  async says(words: RegExp): Promise<void> {
    await this.page.locator(".status", { hasText: words }).waitFor();
  }
}
