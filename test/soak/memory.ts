import { readFileSync } from "node:fs";

/** Megabytes at a moment of one thing that was watched. */
export interface Sample {
  readonly atMs: number;
  readonly megabytes: number;
}

/** What a process holds in memory now; undefined where the system does not tell or the process is gone. */
export function residentMegabytes(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}

/** Megabytes an hour, by least squares; undefined when there is no line to be drawn. */
export function slope(samples: readonly Sample[]): number | undefined {
  if (samples.length < 2) return undefined;
  const mean = (read: (sample: Sample) => number) => samples.reduce((sum, one) => sum + read(one), 0) / samples.length;
  const [at, megabytes] = [mean(({ atMs }) => atMs), mean((one) => one.megabytes)];
  const spread = samples.reduce((sum, one) => sum + (one.atMs - at) ** 2, 0);
  if (spread === 0) return undefined;
  const together = samples.reduce((sum, one) => sum + (one.atMs - at) * (one.megabytes - megabytes), 0);
  return (together / spread) * 3_600_000;
}
