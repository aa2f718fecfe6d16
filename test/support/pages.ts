import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
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
  shapes(): SeenShape[];
  shape(id: string): Omit<SeenShape, "points"> | null;
  count(): number;
  drafts(): { readonly id: string }[];
  pending(): number;
  synced(): boolean;
  saveState(): string;
  link(): string;
  camera(): { readonly x: number; readonly y: number; readonly zoom: number };
  people(): {
    readonly name: string;
    readonly cursor: { readonly x: number; readonly y: number } | null;
    readonly selection: readonly string[];
    readonly drag: unknown;
  }[];
  /** Shapes of the document that are not drawn because they cannot be read. */
  skipped(): number;
}

export interface SeenShape {
  readonly id: string;
  readonly type: string;
  readonly box: readonly [number, number, number, number];
  readonly color?: string;
  readonly text?: string;
  readonly points?: readonly number[];
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
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.errors.push(message.text());
    });
  }

  static async at(browser: Browser, url: string, name: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: "light",
      ...options,
    });
    const person = new Person(context, await context.newPage());
    await person.page.goto(url);
    const form = person.page.getByRole("form", { name: "Your name" });
    await form.getByRole("textbox").fill(name);
    await person.page.keyboard.press("Enter");
    await form.waitFor({ state: "detached" });
    return person;
  }

  /** Another tab of the same person at the same address. */
  async secondTab(): Promise<Person> {
    const tab = new Person(this.#context, await this.#context.newPage());
    await tab.page.goto(this.page.url());
    await tab.isSynced();
    return tab;
  }

  /** The network of all of this person's tabs. */
  setOffline(offline: boolean): Promise<void> {
    return this.#context.setOffline(offline);
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  /** As a person leaves: the page hears of it, which a context that is closed need not wait for. */
  async leave(): Promise<void> {
    await this.page.goto("about:blank");
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

  /** Over the wire as one text: ten thousand shapes as values took Playwright ten seconds. */
  async shapes(): Promise<readonly SeenShape[]> {
    return JSON.parse(await this.page.evaluate(() => JSON.stringify(window.__board?.shapes() ?? [])));
  }

  /** Waits until so many shapes are on the board. */
  async sees(count: number): Promise<void> {
    await this.page.waitForFunction((wanted) => window.__board?.count() === wanted, count);
  }

  /** Waits until the only shape of the board is as `wanted` says: what is left out may be anything. */
  async seesOne(wanted: Partial<SeenShape>): Promise<void> {
    await this.page.waitForFunction((parts) => {
      const [shape, second] = window.__board?.shapes() ?? [];
      const known = new Map<string, unknown>(Object.entries(shape ?? {}));
      return (
        shape !== undefined &&
        second === undefined &&
        Object.entries(parts).every(([key, value]) => JSON.stringify(known.get(key)) === JSON.stringify(value))
      );
    }, wanted);
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
