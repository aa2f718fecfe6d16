import type { Page } from "playwright-core";

/** What happens in each frame while frames are counted. */
export type Motion = "nothing" | "pan";

/** Milliseconds from frame to frame while `motion` goes on in the page. */
export function frameTimes(page: Page, motion: Motion, frames: number): Promise<readonly number[]> {
  return page.evaluate(
    ({ motion, frames }) =>
      new Promise<readonly number[]>((done) => {
        const area = document.querySelector("[role=application]");
        const times: number[] = [];
        // A method, not a function with a name: the loader that runs this bench would wrap one in a helper of its own.
        const counter = {
          before: null as number | null,
          next(now: number): void {
            if (counter.before !== null) times.push(now - counter.before);
            counter.before = now;
            if (times.length === frames) {
              done(times);
              return;
            }
            // To and fro, so that the same part of the board stays in view.
            const step = times.length % 60 < 30 ? 9 : -9;
            const move = { deltaX: step, deltaY: step, bubbles: true, cancelable: true };
            if (motion === "pan") area?.dispatchEvent(new WheelEvent("wheel", move));
            requestAnimationFrame(counter.next);
          },
        };
        requestAnimationFrame(counter.next);
      }),
    { motion, frames },
  );
}

/** The value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
