import { type Browser, type CDPSession, errors } from "playwright-core";
import { Person, type SeenShape } from "../support/pages.ts";
import type { PageState } from "./plan.ts";

/** One person at the board for the whole time, and what happens to their page. */
export class SoakedPage {
  readonly person: Person;
  readonly #session: CDPSession;
  state: PageState = "well";

  private constructor(person: Person, session: CDPSession) {
    this.person = person;
    this.#session = session;
  }

  static async at(browser: Browser, url: string, name: string): Promise<SoakedPage> {
    const person = await Person.at(browser, url, name);
    person.page.setDefaultTimeout(patienceMs);
    await person.isSynced();
    return new SoakedPage(person, await person.page.context().newCDPSession(person.page));
  }

  /** A stroke. Resolves with all shapes that the page has then, or with what the page says when it takes no stroke. */
  async draw(from: readonly [number, number], to: readonly [number, number]): Promise<readonly SeenShape[] | string> {
    const before = (await this.person.shapes()).length;
    // A page that is being loaded anew has its tools a moment after its shapes.
    for (let attempt = 0; attempt < strokesMax; attempt++) {
      await this.person.draw(from, to, 4);
      if (await this.#hasMoreThan(before)) return this.person.shapes();
    }
    return this.person.page.evaluate(() => {
      const board = window.__board;
      return `${board?.count()} shapes, ${board?.drafts().length} drafts, ${board?.link()}, ${board?.saveState()}`;
    });
  }

  async #hasMoreThan(before: number): Promise<boolean> {
    try {
      await this.person.page.waitForFunction((count) => (window.__board?.count() ?? 0) > count, before, {
        timeout: strokeMs,
      });
      return true;
    } catch (error) {
      if (error instanceof errors.TimeoutError) return false;
      throw error;
    }
  }

  async setOffline(offline: boolean): Promise<void> {
    await this.person.setOffline(offline);
    this.state = offline ? "offline" : "well";
  }

  async setFrozen(frozen: boolean): Promise<void> {
    await this.#session.send("Page.setWebLifecycleState", { state: frozen ? "frozen" : "active" });
    this.state = frozen ? "frozen" : "well";
  }

  async reload(): Promise<void> {
    await this.person.page.reload({ waitUntil: "commit" });
    await this.person.page.waitForFunction(() => window.__board !== undefined);
  }

  /** What its JavaScript holds after a full garbage collection. */
  async heapMegabytes(): Promise<number> {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#session.send("Runtime.getHeapUsage");
    return usedSize / 2 ** 20;
  }
}

const patienceMs = 120_000;
const strokeMs = 10_000;
const strokesMax = 4;
