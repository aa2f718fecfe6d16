import type { Link, LinkEvent, Transport } from "y-webpubsub/core";
import type { VirtualClock } from "./clock.ts";
import { SimLink } from "./link.ts";
import { isDataGroup } from "./names.ts";
import type { SeededRandom } from "./random.ts";
import type { SimService, Subprotocol } from "./service.ts";
import type { TabClock } from "./tab-clock.ts";
import type { Trace } from "./trace.ts";
import type { LineFaults } from "./wire.ts";

export interface NetworkOptions {
  readonly name: string;
  /** Of the world: frames travel while the tab is frozen. */
  readonly clock: VirtualClock;
  readonly tab: TabClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly service: SimService;
  readonly subprotocol: Subprotocol;
  readonly faults: () => LineFaults;
  /** Told when the service lets through what it must not. */
  readonly fail: (problem: string) => void;
}

/** How a line breaks. `refused`: the service no longer takes the recovery. */
export type Break = "cut" | "refused" | "half-open";

/** The network of one client: a Transport that behaves as the official client does, and the faults of its line. */
export class SimNetwork implements Transport {
  /** A link is up and in its groups. */
  onJoined: () => void = () => undefined;
  readonly #options: NetworkOptions;
  #link: SimLink | undefined;
  #held: "up" | "down" | "both" | undefined;
  #links = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  open(access: () => Promise<string>, on: (event: LinkEvent) => void): Link {
    this.#links += 1;
    const random = this.#options.random.fork(`link ${this.#links}`);
    const heard = (event: LinkEvent) => {
      if (event.type === "joined") this.onJoined();
      if (event.type === "received" && isDataGroup(event.group) && /\.r\d+$/.test(event.fromUserId ?? "")) {
        this.#options.fail(`ID1 a frame of the reader ${event.fromUserId} arrived in the data group`);
      }
      const isNamed = event.type !== "received" || this.#options.service.namesSenders;
      on(isNamed ? event : { ...event, fromUserId: null });
    };
    const link = new SimLink({ ...this.#options, random }, heard, () => this.#held);
    this.#link = link;
    void link.dial(access);
    return link;
  }

  break(how: Break): void {
    this.#options.trace.add(`line-${how}`, this.#options.name);
    this.#link?.break(how);
  }

  forge(): void {
    if (this.#link?.forge() === true) this.#options.trace.add("forged", this.#options.name);
  }

  /** Nothing passes in this direction until `release`; then everything arrives. */
  partition(which: "up" | "down" | "both"): void {
    this.#options.trace.add(`partition-${which}`, this.#options.name);
    this.#held = which;
    this.#link?.hold(which, true);
  }

  release(): void {
    this.#held = undefined;
    this.#link?.hold("both", false);
  }
}
