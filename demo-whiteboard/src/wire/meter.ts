import type { WireFacts } from "../session.ts";

/** One second of the wire. */
export interface Reading {
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
}

const NOTHING: Reading = { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 };
/** Seconds that the curve shows. */
export const READINGS = 60;

/** Turns counters into what happened each second. */
export class Meter {
  private before: WireFacts | null = null;
  private kept: readonly Reading[] = Array.from({ length: READINGS }, () => NOTHING);

  /** Called once a second. Counters that began anew (after a reload) count as no traffic. */
  read(facts: WireFacts): void {
    const before = this.before ?? facts;
    this.before = facts;
    const since = (key: keyof Reading): number => Math.max(0, facts[key] - before[key]);
    const reading = {
      messagesIn: since("messagesIn"),
      bytesIn: since("bytesIn"),
      messagesOut: since("messagesOut"),
      bytesOut: since("bytesOut"),
    };
    this.kept = [...this.kept.slice(1), reading];
  }

  /** Oldest first. */
  get readings(): readonly Reading[] {
    return this.kept;
  }

  get last(): Reading {
    return this.kept.at(-1) ?? NOTHING;
  }
}

export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
