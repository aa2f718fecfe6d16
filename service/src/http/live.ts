import type { ServerResponse } from "node:http";
import type { Overviews } from "./overview.ts";
import type { Tail, TailViewer } from "./tail.ts";

const tickMs = 500;
const viewersMax = 8;
const behindBytesMax = 256 * 1024;
export const filterCharsMax = 200;

/**
 * Server-sent events for the live page: one overview and the frames of the moment, twice a second. A viewer that does
 * not keep up misses moments and gets no queue.
 */
export class Live {
  readonly #overviews: Overviews;
  readonly #tail: Tail;
  readonly #viewers: Map<ServerResponse, TailViewer> = new Map();
  #beat: NodeJS.Timeout | undefined;

  constructor(overviews: Overviews, tail: Tail) {
    this.#overviews = overviews;
    this.#tail = tail;
  }

  /** False when there are as many viewers as there can be. */
  open(response: ServerResponse, filter: string): boolean {
    if (this.#viewers.size >= viewersMax) return false;
    response.setHeader("Content-Type", "text/event-stream");
    response.flushHeaders();
    this.#viewers.set(response, this.#tail.watch(filter.slice(0, filterCharsMax)));
    response.on("close", () => this.#leave(response));
    response.write(event("overview", this.#overviews.look()));
    this.#beat ??= setInterval(() => this.#tick(), tickMs).unref();
    return true;
  }

  end(): void {
    for (const response of [...this.#viewers.keys()]) {
      response.end();
      this.#leave(response);
    }
  }

  #tick(): void {
    const overview = event("overview", this.#overviews.look());
    for (const [response, viewer] of this.#viewers) {
      if (response.writableLength > behindBytesMax) continue;
      const { lines, skipped } = viewer.take();
      response.write(lines.length + skipped === 0 ? overview : overview + event("frames", { lines, skipped }));
    }
  }

  #leave(response: ServerResponse): void {
    const viewer = this.#viewers.get(response);
    if (viewer === undefined) return;
    this.#viewers.delete(response);
    this.#tail.leave(viewer);
    if (this.#viewers.size > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
