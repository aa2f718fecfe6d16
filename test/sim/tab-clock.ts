import type { Cancel, Clock, Instant } from "y-webpubsub/core";
import type { VirtualClock } from "./clock.ts";

/** The time of one browser tab. While it is frozen nothing fires and nothing arrives; after it, everything does, late. */
export class TabClock implements Clock {
  readonly #world: VirtualClock;
  #waiting: (() => void)[] | undefined;

  constructor(world: VirtualClock) {
    this.#world = world;
  }

  get frozen(): boolean {
    return this.#waiting !== undefined;
  }

  now(): Instant {
    return this.#world.now();
  }

  after(delayMs: number, fire: () => void): Cancel {
    let live = true;
    this.#world.after(delayMs, () => this.deliver(() => live && fire()));
    return () => {
      live = false;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Something reaches the tab from outside: at once, or when it thaws. */
  deliver(event: () => void): void {
    if (this.#waiting === undefined) event();
    else this.#waiting.push(event);
  }

  freeze(): void {
    this.#waiting ??= [];
  }

  thaw(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) this.#world.after(0, () => this.deliver(event));
  }
}
