import { readFileSync } from "node:fs";

/** Processor time of the whole machine that was spent working, in seconds; undefined where there is no /proc/stat. */
function busySeconds(): number | undefined {
  let line: string;
  try {
    line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  } catch {
    return undefined; // Not Linux: the load of others stays unknown.
  }
  const [user = 0, nice = 0, system = 0, , , interrupt = 0, softInterrupt = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + interrupt + softInterrupt) / ticksPerSecond;
}

/** USER_HZ: fixed at 100 for programs on every Linux architecture that Node runs on. */
export const ticksPerSecond = 100;

/** Measures how many cores were busy with work that is not the bench's own. */
export class ForeignLoad {
  readonly #busy: number | undefined = busySeconds();
  readonly #started: number = performance.now();

  /** Cores, from the start until now; undefined where it cannot be known. `ownSeconds`: what the bench itself used. */
  cores(ownSeconds: number): number | undefined {
    const busy = busySeconds();
    if (busy === undefined || this.#busy === undefined) return undefined;
    const elapsed = (performance.now() - this.#started) / 1000;
    return Math.max(0, (busy - this.#busy - ownSeconds) / elapsed);
  }
}
