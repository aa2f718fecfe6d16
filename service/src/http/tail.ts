import type { Connection } from "../core/connection.ts";
import type { Direction } from "../core/fault-rule.ts";
import { frameBytes } from "../core/message.ts";
import type { Frame } from "../core/ports.ts";
import { describe, describeOutgoing, type Format } from "./peek.ts";

/** One frame as the live page shows it. `text` is missing where payloads are not to be shown. */
export interface TailLine {
  readonly at: number;
  readonly direction: Direction;
  readonly connectionId: string;
  readonly userId?: string;
  readonly bytes: number;
  readonly text?: string;
}

/** What one viewer gets at a time; `skipped` frames were too many to be looked at or shown. */
export interface TailPart {
  readonly lines: readonly TailLine[];
  readonly skipped: number;
}

const linesMax = 200;
const inspectedMax = 2_000;

/** The frames that pass, for those who look. Nobody looking costs one comparison per write. */
export class Tail {
  readonly #payloads: boolean;
  readonly #now: () => number;
  readonly #viewers: Set<TailViewer> = new Set();
  #inspected = 0;

  /** `payloads`: false shows sizes only. */
  constructor({ payloads, now }: { readonly payloads: boolean; readonly now: () => number }) {
    this.#payloads = payloads;
    this.#now = now;
  }

  get watched(): boolean {
    return this.#viewers.size > 0;
  }

  /** A viewer for frames whose line contains `filter`, ignoring case. An empty filter takes all. */
  watch(filter: string): TailViewer {
    const viewer = new TailViewer(filter.toLowerCase(), () => {
      this.#inspected = 0;
    });
    this.#viewers.add(viewer);
    return viewer;
  }

  leave(viewer: TailViewer): void {
    this.#viewers.delete(viewer);
  }

  received(connection: Connection, data: string | Buffer): void {
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    this.#show(connection, "in", bytes.length, () => describe(bytes));
  }

  sent(connection: Connection, frames: readonly Frame[], format: Format): void {
    for (const frame of frames) {
      this.#show(connection, "out", frameBytes(frame), () => describeOutgoing(frame, format));
    }
  }

  #show({ identity }: Connection, direction: Direction, bytes: number, describeFrame: () => string): void {
    this.#inspected += 1;
    if (this.#inspected > inspectedMax) {
      for (const viewer of this.#viewers) viewer.skip();
      return;
    }
    const line: TailLine = {
      at: this.#now(),
      direction,
      connectionId: identity.id,
      ...(identity.userId === undefined ? {} : { userId: identity.userId }),
      bytes,
      ...(this.#payloads ? { text: describeFrame() } : {}),
    };
    const haystack = `${direction} ${identity.id} ${identity.userId ?? ""} ${line.text ?? ""}`.toLowerCase();
    for (const viewer of this.#viewers) viewer.offer(line, haystack);
  }
}

/** One viewer's share, bounded between two looks. */
export class TailViewer {
  readonly #filter: string;
  readonly #taken: () => void;
  #lines: TailLine[] = [];
  #skipped = 0;

  constructor(filter: string, taken: () => void) {
    this.#filter = filter;
    this.#taken = taken;
  }

  offer(line: TailLine, haystack: string): void {
    if (!haystack.includes(this.#filter)) return;
    if (this.#lines.length < linesMax) this.#lines.push(line);
    else this.#skipped += 1;
  }

  skip(): void {
    this.#skipped += 1;
  }

  /** What came since the last look. */
  take(): TailPart {
    const part = { lines: this.#lines, skipped: this.#skipped };
    this.#lines = [];
    this.#skipped = 0;
    this.#taken();
    return part;
  }
}
