import type { Browser } from "playwright-core";
import { SeededRandom } from "../sim/random.ts";
import { openBrowser, Person, type SeenShape } from "../support/pages.ts";
import { Stack } from "../support/stack.ts";
import { residentMegabytes, type Sample, slope } from "./memory.ts";
import { nextStep, type Step } from "./plan.ts";
import { SoakedPage } from "./soaked-page.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly pages: number;
  readonly seed: number;
}

export interface Outcome {
  readonly steps: Readonly<Record<string, number>>;
  /** Shapes that a page had at any time. */
  readonly drawn: number;
  /** What went wrong, in words; none: everything is there, and alike everywhere. */
  readonly failures: readonly string[];
  /** Over the second half, in which no process was killed. */
  readonly memory: readonly Memory[];
}

interface Memory {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Megabytes an hour. */
  readonly slope: number | undefined;
}

const parts = ["server", "service"] as const;
const sampleEveryMs = 5_000;

/** People draw while their pages and the processes behind them fail by the plan of a seed; then all must be there. */
export async function soak(options: SoakOptions, tell: (line: string) => void): Promise<Outcome> {
  const browser = await openBrowser();
  const stack = await Stack.start();
  try {
    const run = new Soak(browser, stack, options, tell);
    await run.begin();
    await run.go();
    return await run.end();
  } finally {
    await browser.close();
    await stack.close();
  }
}

class Soak {
  readonly #browser: Browser;
  readonly #stack: Stack;
  readonly #options: SoakOptions;
  readonly #tell: (line: string) => void;
  readonly #random: SeededRandom;
  readonly #pages: SoakedPage[] = [];
  readonly #up = { server: true, service: true };
  readonly #ledger = new Set<string>();
  readonly #failures: string[] = [];
  readonly #steps: Record<string, number> = {};
  readonly #samples = new Map<string, Sample[]>();
  #sampledAt = 0;
  readonly #url: string;

  constructor(browser: Browser, stack: Stack, options: SoakOptions, tell: (line: string) => void) {
    this.#browser = browser;
    this.#stack = stack;
    this.#options = options;
    this.#tell = tell;
    this.#random = new SeededRandom(`soak ${options.seed}`);
    this.#url = `${stack.url}/b/soak-${crypto.randomUUID()}`;
  }

  async begin(): Promise<void> {
    for (let number = 1; number <= this.#options.pages; number++) {
      this.#pages.push(await SoakedPage.at(this.#browser, this.#url, `Person ${number}`));
    }
  }

  async go(): Promise<void> {
    const began = performance.now();
    const wholeMs = this.#options.minutes * 60_000;
    for (let now = 0; now < wholeMs; now = performance.now() - began) {
      const isFirstHalf = now < wholeMs / 2;
      if (!isFirstHalf && parts.every((part) => this.#up[part])) await this.#sample(now);
      const step = nextStep(this.#random, this.#scene(), isFirstHalf);
      await this.#take(step);
      const count = (this.#steps[step.type] ?? 0) + 1;
      this.#steps[step.type] = count;
      if (step.type !== "draw" && step.type !== "rest") this.#tell(`${(now / 1_000).toFixed(0)} s: ${wordsOf(step)}`);
    }
  }

  /** Everything is mended; then everybody, and somebody new, must have the same, and all of it. */
  async end(): Promise<Outcome> {
    for (const part of parts) if (!this.#up[part]) await this.#take({ type: "start", part });
    for (const page of this.#pages) {
      if (page.state === "frozen") await page.setFrozen(false);
      if (page.state === "offline") await page.setOffline(false);
    }
    for (const { person } of this.#pages) {
      await person.isSynced();
      await person.isSaved();
    }
    const newcomer = await Person.at(this.#browser, this.#url, "Newcomer");
    newcomer.page.setDefaultTimeout(120_000);
    await newcomer.isSynced();
    const everybody = [...this.#pages.map(({ person }) => person), newcomer];
    for (const person of everybody) {
      await person.page.waitForFunction((count) => (window.__board?.count() ?? 0) >= count, this.#ledger.size);
    }
    const boards = await Promise.all(everybody.map(async (person) => inOrder(await person.shapes())));
    return {
      steps: this.#steps,
      drawn: this.#ledger.size,
      failures: [
        ...this.#failures,
        ...this.#missing(boards),
        ...different(boards),
        ...everybody.flatMap(({ errors }) => errors),
      ],
      memory: [...this.#samples].map(([name, samples]) => memoryOf(name, samples)),
    };
  }

  #missing(boards: readonly (readonly SeenShape[])[]): readonly string[] {
    return boards.flatMap((board, at) => {
      const there = new Set(board.map(({ id }) => id));
      const lost = [...this.#ledger].filter((id) => !there.has(id));
      return lost.length === 0 ? [] : [`page ${at + 1} lacks ${lost.length} of ${this.#ledger.size} shapes`];
    });
  }

  #scene() {
    const state = (part: "server" | "service") => (this.#up[part] ? "up" : "down");
    return {
      pages: this.#pages.map((page) => page.state),
      server: state("server"),
      service: state("service"),
    } as const;
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case "rest":
        await new Promise((resolve) => setTimeout(resolve, step.ms));
        return;
      case "kill":
        await (step.part === "server" ? this.#stack.killServer() : this.#stack.killService());
        this.#up[step.part] = false;
        return;
      case "start":
        await (step.part === "server" ? this.#stack.startServer() : this.#stack.startService());
        this.#up[step.part] = true;
        return;
      default:
        await this.#happen(step.type, this.#page(step.page));
    }
  }

  async #happen(what: "draw" | "offline" | "online" | "freeze" | "thaw" | "reload", page: SoakedPage): Promise<void> {
    switch (what) {
      case "draw": {
        // Where no tool, panel or notice of the page is.
        const place = (): [number, number] => [this.#random.int(300, 980), this.#random.int(200, 560)];
        const shapes = await page.draw(place(), place());
        if (typeof shapes === "string") this.#failures.push(`a page took no stroke: ${shapes}`);
        else for (const { id } of shapes) this.#ledger.add(id);
        return;
      }
      case "offline":
      case "online":
        return page.setOffline(what === "offline");
      case "freeze":
      case "thaw":
        return page.setFrozen(what === "freeze");
      case "reload":
        return page.reload();
      default:
        throw new Error(`There is no step '${String(what satisfies never)}'.`);
    }
  }

  async #sample(atMs: number): Promise<void> {
    if (atMs - this.#sampledAt < sampleEveryMs) return;
    this.#sampledAt = atMs;
    for (const part of parts) {
      const pid = this.#stack.pid(part);
      const megabytes = pid === undefined ? undefined : residentMegabytes(pid);
      if (megabytes !== undefined) this.#keep(part, { atMs, megabytes });
    }
    for (const [number, page] of this.#pages.entries()) {
      if (page.state !== "frozen") this.#keep(`page ${number + 1}`, { atMs, megabytes: await page.heapMegabytes() });
    }
  }

  #keep(name: string, sample: Sample): void {
    const samples = this.#samples.get(name) ?? [];
    samples.push(sample);
    this.#samples.set(name, samples);
  }

  #page(at: number): SoakedPage {
    const page = this.#pages[at];
    if (page === undefined) throw new Error(`There is no page ${at}.`);
    return page;
  }
}

function memoryOf(name: string, samples: readonly Sample[]): Memory {
  return {
    name,
    first: samples[0]?.megabytes ?? Number.NaN,
    last: samples.at(-1)?.megabytes ?? Number.NaN,
    slope: slope(samples),
  };
}

function inOrder(shapes: readonly SeenShape[]): readonly SeenShape[] {
  return [...shapes].sort((one, other) => one.id.localeCompare(other.id));
}

function different(boards: readonly (readonly SeenShape[])[]): readonly string[] {
  const [first, ...rest] = boards.map((board) => JSON.stringify(board));
  return rest.flatMap((board, at) => (board === first ? [] : [`page ${at + 2} is not like page 1`]));
}

function wordsOf(step: Step): string {
  if (step.type === "rest") return "rest";
  return "part" in step ? `${step.type} ${step.part}` : `page ${step.page + 1} ${step.type}`;
}
