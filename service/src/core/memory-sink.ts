import type { Frame, Sink } from "./ports.ts";

/** A transport that keeps what it was given, for tests and simulations. */
export class MemorySink implements Sink {
  readonly frames: Frame[] = [];
  /** How many writes the frames came in. */
  writes = 0;
  /** Set to let the hub believe that the network is behind. */
  queuedBytes = 0;
  ended: { readonly code: number; readonly reason: string } | undefined;

  write(frames: readonly Frame[]): void {
    this.writes += 1;
    this.frames.push(...frames);
  }

  close(code: number, reason: string): void {
    this.ended ??= { code, reason };
  }

  /** Ends with 1006, what the other side of a cut line reports. */
  abort(): void {
    this.ended ??= { code: 1006, reason: "" };
  }
}
