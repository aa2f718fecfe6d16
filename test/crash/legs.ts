import { join } from "node:path";
import type { ControlFault } from "./control-tables.ts";
import { fullLeg } from "./full-leg.ts";
import { injectLeg, noInjection } from "./inject-leg.ts";
import { killLeg } from "./kill-leg.ts";
import type { LegOptions, Outcome } from "./leg.ts";
import { noLoopDisk } from "./loop-disk.ts";
import { powerLeg } from "./power-leg.ts";
import { tornTailLeg } from "./tail-leg.ts";
import { secondProcessLeg } from "./two-processes-leg.ts";

/** One way to break the embedded store, and the control that must break. */
export interface LevelLeg {
  readonly name: string;
  /** Why it cannot run on this machine, or null. */
  readonly impossible: () => string | null;
  readonly run: (directory: string, options: LegOptions) => Promise<Outcome>;
  /** The same leg against a store with a fault; null where another leg's control covers it. */
  readonly control: ((directory: string, options: LegOptions) => Promise<Outcome>) | null;
  /** Its part of the cycles a store is given; a cycle that only reads costs milliseconds and takes more. */
  readonly share: number;
}

const level = (path: string) => ({ kind: "level", path }) as const;
const faulty = (fault: ControlFault) => (path: string) => ({ kind: "control", path, fault }) as const;
const always = () => null;

export const levelLegs: readonly LevelLeg[] = [
  {
    name: "killed",
    impossible: always,
    run: (directory, options) => killLeg(level(join(directory, "killed")), options),
    control: (directory, options) => killLeg(faulty("acknowledges-first")(join(directory, "killed-control")), options),
    share: 0.6,
  },
  {
    name: "killed at a system call",
    impossible: noInjection,
    run: (directory, options) => injectLeg(level(join(directory, "at-call")), "signal=SIGKILL", options),
    control: (directory, options) =>
      injectLeg(faulty("acknowledges-first")(join(directory, "at-call-control")), "signal=SIGKILL", options),
    share: 0.2,
  },
  {
    name: "a system call fails: EIO",
    impossible: noInjection,
    run: (directory, options) => injectLeg(level(join(directory, "eio")), "error=EIO", options),
    control: null,
    share: 0.08,
  },
  {
    name: "a system call fails: ENOSPC",
    impossible: noInjection,
    run: (directory, options) => injectLeg(level(join(directory, "enospc")), "error=ENOSPC", options),
    control: null,
    share: 0.08,
  },
  {
    name: "power cut",
    impossible: noLoopDisk,
    run: (_directory, options) => powerLeg(level, options),
    control: (_directory, options) => powerLeg(faulty("never-flushes"), options),
    share: 0.08,
  },
  {
    name: "disk full, then freed",
    impossible: noLoopDisk,
    run: (_directory, options) => fullLeg(level, options),
    control: (_directory, options) => fullLeg(faulty("ignores-errors"), options),
    share: 0.04,
  },
  {
    name: "torn at every byte",
    impossible: always,
    run: (_directory, options) => tornTailLeg(level, options),
    control: null,
    share: 4,
  },
  {
    name: "a second process",
    impossible: always,
    run: (directory) => secondProcessLeg(level(join(directory, "second"))),
    control: null,
    share: 0.04,
  },
];
