import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import type {} from "../src/inspect.ts";
import type { EditorUnderTest } from "./editors.ts";

/** Longer than any wait of an honest run on a busy machine. */
export const patienceMs = 20_000;

export interface Guest {
  readonly name: string;
  readonly color: string;
  readonly role?: "reader" | "writer";
}

declare global {
  interface Window {
    /** What each example leaves for the browser's console. */
    provider?: WebPubSubProvider;
  }
}

/** One person at an example: a browser context of its own, the sockets it opened and the errors the page met. */
export class Visitor {
  readonly page: Page;
  readonly errors: string[] = [];
  readonly #context: BrowserContext;
  readonly #editor: EditorUnderTest;
  #sockets = 0;

  private constructor(context: BrowserContext, page: Page, editor: EditorUnderTest) {
    this.#context = context;
    this.page = page;
    this.#editor = editor;
    page.on("pageerror", (error) => this.errors.push(error.stack ?? error.message));
    page.on("websocket", () => this.#sockets++);
  }

  static async at(browser: Browser, url: string, editor: EditorUnderTest): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 600 } });
    context.setDefaultTimeout(patienceMs);
    const visitor = new Visitor(context, await context.newPage(), editor);
    const response = await visitor.page.goto(url);
    if (!response?.ok()) throw new Error(`${url} is answered with ${response?.status()}`);
    return visitor;
  }

  /** How many WebSockets the page has opened so far. */
  get sockets(): number {
    return this.#sockets;
  }

  /** To another page: a browser that closes a tab gives a busy one half a second, and then kills it unheard. */
  async leave(): Promise<void> {
    await this.page.goto("about:blank");
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  async isLive(): Promise<void> {
    await this.page.waitForFunction(
      () => window.provider?.synced && window.provider.link === "live" && window.provider.role !== null,
    );
    const { place, writable } = this.#editor;
    await this.page.waitForSelector(place);
    const role = await this.page.evaluate(() => window.provider?.role);
    if (writable !== null)
      await this.page.waitForSelector(writable, { state: role === "writer" ? "attached" : "detached" });
  }

  async isSaved(): Promise<void> {
    await this.page.waitForFunction(() => window.provider?.saveState === "saved");
  }

  async goOffline(): Promise<void> {
    await this.#context.setOffline(true);
  }

  async lostTheLink(): Promise<void> {
    await this.page.waitForFunction(() => window.provider?.link !== "live");
  }

  async goOnline(): Promise<void> {
    await this.#context.setOffline(false);
  }

  async click(): Promise<void> {
    await this.page.locator(this.#editor.place).first().click();
  }

  /** Puts the caret at the beginning of the first line, or at the end of the last one that is not empty. */
  async goTo(where: "Home" | "End"): Promise<void> {
    const { lines } = this.#editor;
    const written = lines === null ? null : this.page.locator(lines).filter({ hasText: /[^\s\u2060]/ });
    if (written === null || (await written.count()) === 0) {
      await this.click();
      await this.page.keyboard.press(`Control+${where}`);
      return;
    }
    const line = where === "Home" ? written.first() : written.last();
    for (let attempt = 0; attempt < 10; attempt++) {
      await line.click();
      await this.page.keyboard.press(where);
      // The browser tells the editor of a new selection a frame later. What comes from elsewhere just then, a robot's
      // luck, makes y-prosemirror put back the old one.
      await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      if (await this.#isCaretAt(where, line)) return;
    }
    throw new Error(`The caret does not stay at ${where} in ${this.#editor.name}.`);
  }

  #isCaretAt(where: "Home" | "End", line: Locator): Promise<boolean> {
    return line.evaluate(
      (element, { where, place, decorations }) => {
        const { anchorNode, anchorOffset } = getSelection() ?? { anchorNode: null, anchorOffset: 0 };
        // Monaco draws its caret: the selection is elsewhere.
        if (anchorNode === null || !document.querySelector(place)?.contains(anchorNode)) return true;
        if (!element.contains(anchorNode)) return false;
        const before = document.createRange();
        before.setStart(element, 0);
        before.setEnd(anchorNode, anchorOffset);
        const lengths = [before.cloneContents(), element.cloneNode(true)].map((part) => {
          const copy = document.createElement("div");
          copy.append(part);
          if (decorations !== null) for (const foreign of copy.querySelectorAll(decorations)) foreign.remove();
          return copy.textContent.replaceAll(/[\u2060\u200b\ufeff]/g, "").length;
        });
        return lengths[0] === (where === "Home" ? 0 : lengths[1]);
      },
      { where, place: this.#editor.place, decorations: this.#editor.decorations },
    );
  }

  async type(words: string): Promise<void> {
    for (const [index, line] of words.split("\n").entries()) {
      // Of a list of completions, which a slow hand meets, Enter would take one.
      if (index > 0 && this.#editor.completes) await this.page.keyboard.press("Escape");
      if (index > 0) await this.page.keyboard.press("Enter");
      await this.page.keyboard.type(line);
    }
  }

  /** As an input method does: text that is not yet decided, then what it becomes. */
  async compose(words: string): Promise<void> {
    const protocol = await this.#context.newCDPSession(this.page);
    const { length } = words;
    await protocol.send("Input.imeSetComposition", { text: words, selectionStart: length, selectionEnd: length });
  }

  async decide(words: string): Promise<void> {
    const protocol = await this.#context.newCDPSession(this.page);
    await protocol.send("Input.insertText", { text: words });
  }

  /** What a person reads in the editor: its lines that are not empty. */
  shows(): Promise<string> {
    const { place, lines, decorations } = this.#editor;
    return this.page.evaluate(
      ({ place, lines, decorations }) => {
        if (lines === null) return document.querySelector<HTMLTextAreaElement>(place)?.value ?? "";
        const elements = [...document.querySelectorAll(lines)];
        elements.sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top);
        const texts = elements.map((element) => {
          const copy = element.cloneNode(true) as Element;
          if (decorations !== null) for (const foreign of copy.querySelectorAll(decorations)) foreign.remove();
          return (copy.textContent ?? "").replaceAll("\u00a0", " ").replaceAll(/[\u2060\u200b\ufeff]/g, "");
        });
        return texts.filter((text) => text !== "").join("\n");
      },
      { place, lines, decorations },
    );
  }

  /** The names that the carets of the others carry. */
  names(): Promise<string[]> {
    return this.page.evaluate((names) => {
      const texts = [...document.querySelectorAll(names)].map((element) => {
        const after = getComputedStyle(element, "::after").content;
        return after.startsWith('"') ? after.slice(1, -1) : (element.textContent ?? "");
      });
      return texts.filter((text) => text !== "");
    }, this.#editor.names);
  }

  /** The client ids of everybody in the room, oneself included. */
  people(): Promise<number[]> {
    return this.page.evaluate(() => [...(window.provider?.awareness.getStates().keys() ?? [])]);
  }

  /** The document itself, as another Yjs reads it. */
  async doc(): Promise<Y.Doc> {
    const bytes = await this.page.evaluate(() => window.provider && window.inspect?.updateOf(window.provider.doc));
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(bytes ?? []));
    return doc;
  }

  /** Writes into the document past the editor. */
  async forge(words: string): Promise<void> {
    await this.page.evaluate((words) => {
      if (window.provider !== undefined) window.inspect?.forge(window.provider.doc, words);
    }, words);
  }

  async text(): Promise<string> {
    return this.#editor
      .textOf(await this.doc())
      .split("\n")
      .filter((line) => line !== "")
      .join("\n");
  }
}
