import { frameText } from "webpubsub-local";
import type { Frame, Link as HubLink, Sink } from "webpubsub-local/core";
import type { VirtualClock } from "./clock.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";

/** Chances for each data frame of one direction, and the delay of every frame. All zero: a perfect line. */
export interface LineFaults {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly delayMs: number;
}

export interface WireEvents {
  text(data: string): void;
  /** The transport is gone, with the close code of the service, or 1006 for a cut. */
  closed(code: number, reason: string): void;
}

interface WireOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly faults: () => LineFaults;
  readonly events: WireEvents;
}

const backlogBytesMax = 256 * 1024;

/**
 * One WebSocket between a client and the hub. Each direction keeps its order, unless a fault says otherwise. A held
 * direction keeps its frames until it is released (a partition); a swallowed one loses them silently (half open).
 */
export class Wire {
  readonly sink: Sink;
  readonly #options: WireOptions;
  readonly #up: Direction;
  readonly #down: Direction;
  #hub: HubLink | undefined;
  #phase: "open" | "ended" = "open";

  constructor(options: WireOptions) {
    this.#options = options;
    this.#up = new Direction(options, "up", (text) => this.#hub?.receive(text));
    this.#down = new Direction(options, "down", (text) => {
      if (this.#phase === "open") options.events.text(text);
    });
    const down = this.#down;
    this.sink = {
      get queuedBytes() {
        return down.queuedBytes;
      },
      write: (frames: readonly Frame[]) => {
        for (const text of frames.map(frameText)) down.send(text, text.includes('"type":"message"'));
      },
      close: (code, reason) => down.finish(() => this.#closedByService(code, reason)),
      abort: () => this.cut(0),
    };
  }

  attach(hub: HubLink | undefined): void {
    this.#hub = hub;
    this.#down.drained = () => hub?.writable();
  }

  /** "full" when the line is held and its backlog is over the bound. */
  send(text: string, data: boolean): "accepted" | "full" {
    if (this.#phase === "ended") return "accepted";
    if (data && this.#up.queuedBytes + text.length > backlogBytesMax) return "full";
    this.#up.send(text, data);
    return "accepted";
  }

  /** Closed by the client. */
  close(code: number): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#up.finish(() => this.#hub?.closed(code));
  }

  /** The connection breaks: the client sees it at once, the service `noticeMs` later. Frames under way are lost. */
  cut(noticeMs: number): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#up.end();
    this.#down.end();
    const hub = this.#hub;
    this.#options.clock.after(noticeMs, () => hub?.closed(1006));
    this.#options.clock.after(0, () => this.#options.events.closed(1006, "The connection broke."));
  }

  hold(which: "up" | "down" | "both", held: boolean): void {
    if (which !== "down") this.#up.hold(held);
    if (which !== "up") this.#down.hold(held);
  }

  /** From now on nothing sent by the client arrives, and nobody is told. */
  swallow(): void {
    this.#up.end();
  }

  #closedByService(code: number, reason: string): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#up.end();
    this.#options.events.closed(code, reason);
  }
}

interface Parcel {
  readonly bytes: number;
  readonly deliver: () => void;
}

class Direction {
  drained: () => void = () => undefined;
  queuedBytes = 0;
  readonly #options: WireOptions;
  readonly #name: "up" | "down";
  readonly #receive: (text: string) => void;
  readonly #held: Parcel[] = [];
  #phase: "open" | "held" | "ended" = "open";
  #lastAt = 0;

  constructor(options: WireOptions, name: "up" | "down", receive: (text: string) => void) {
    this.#options = options;
    this.#name = name;
    this.#receive = receive;
  }

  send(text: string, data: boolean): void {
    if (this.#phase === "ended") return;
    const { random, faults, trace, name } = this.#options;
    const { loss, duplicate, reorder } = faults();
    const deliver = () => this.#receive(text);
    if (data && random.chance(loss)) {
      trace.add("frame-lost", name, this.#name);
      return;
    }
    const late = data && random.chance(reorder);
    if (late) trace.add("frame-reordered", name, this.#name);
    this.#carry({ bytes: text.length, deliver }, late);
    if (data && random.chance(duplicate)) {
      trace.add("frame-duplicated", name, this.#name);
      this.#carry({ bytes: text.length, deliver }, random.chance(0.5));
    }
  }

  /** `last` runs after everything sent before. */
  finish(last: () => void): void {
    this.#carry({ bytes: 0, deliver: last }, false);
  }

  hold(held: boolean): void {
    if (this.#phase === "ended") return;
    this.#phase = held ? "held" : "open";
    if (held) return;
    for (const parcel of this.#held.splice(0)) this.#schedule(parcel, false);
  }

  end(): void {
    this.#phase = "ended";
    this.#held.length = 0;
    this.queuedBytes = 0;
  }

  #carry(parcel: Parcel, late: boolean): void {
    if (this.#phase === "ended") return;
    this.queuedBytes += parcel.bytes;
    if (this.#phase === "held") this.#held.push(parcel);
    else this.#schedule(parcel, late);
  }

  #schedule(parcel: Parcel, late: boolean): void {
    const { clock, random, faults } = this.#options;
    const delay = 1 + random.around(faults().delayMs);
    const at = late ? clock.now() + delay + random.around(400) : Math.max(clock.now() + delay, this.#lastAt);
    if (!late) this.#lastAt = at;
    clock.after(at - clock.now(), () => {
      if (this.#phase === "ended") return;
      // What arrives while the direction is held waits for the release.
      if (this.#phase === "held") {
        this.#held.push(parcel);
        return;
      }
      this.queuedBytes -= parcel.bytes;
      parcel.deliver();
      this.drained();
    });
  }
}
