import type { TabLink, TabMessage, Tabs } from "../ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Test support: the tabs of one browser. Messages arrive with the next tick, in order, whatever the network does. */
export class FakeTabs implements Tabs {
  readonly posted: TabMessage[] = [];
  private readonly clock: VirtualClock;
  private readonly open_ = new Set<(message: TabMessage) => void>();

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  get openCount(): number {
    return this.open_.size;
  }

  open(on: (message: TabMessage) => void): TabLink {
    this.open_.add(on);
    return {
      post: (message) => {
        this.posted.push(message);
        for (const other of this.open_) {
          if (other !== on) this.clock.after(0, () => (this.open_.has(other) ? other(message) : undefined));
        }
      },
      close: () => this.open_.delete(on),
    };
  }

  /** Anything that some page of this origin may post. */
  inject(message: TabMessage): void {
    for (const on of this.open_) on(message);
  }
}
