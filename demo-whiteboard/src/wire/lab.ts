import { createStore, type Store } from "../store.ts";

/** What the wire panel can break, so that one sees what the provider makes of it. */
export interface Lab {
  /** Milliseconds that every message waits, each way. 0: none. */
  readonly slowMs: Store<number>;
  /** Cuts the WebSocket as a broken network would. */
  drop(): void;
  /** Ends the server's process as a crash would. Null where the server does not offer it. */
  readonly killServer: (() => Promise<void>) | null;
}

/**
 * Puts a socket that can be slowed and cut in the place of `WebSocket`. Must run before the session is made. While
 * nothing is slowed it changes nothing.
 */
export function installLab(page: Window & typeof globalThis, options: { readonly mayKill: boolean }): Lab {
  const slowMs = createStore(0);
  const open = new Set<WebSocket>();
  const Original = page.WebSocket;

  class LabSocket extends Original {
    private readonly outward = new Slowness(slowMs);
    private readonly inward = new Slowness(slowMs);

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      open.add(this);
      const slowed = new WeakSet<Event>();
      const hold = (event: Event): void => {
        if (slowed.has(event)) return;
        const again = event instanceof MessageEvent ? new MessageEvent("message", { data: event.data }) : null;
        if (!again || !this.inward.delay(() => this.dispatchEvent(again))) return;
        slowed.add(again);
        event.stopImmediatePropagation();
      };
      // The first listener of the socket: those that come later see slowed messages only.
      this.addEventListener("message", hold);
      this.addEventListener("close", () => open.delete(this));
    }

    override send(data: string | Blob | BufferSource): void {
      const late = (): void => {
        if (this.readyState === Original.OPEN) super.send(data);
      };
      if (!this.outward.delay(late)) super.send(data);
    }
  }

  page.WebSocket = LabSocket;
  return {
    slowMs,
    drop() {
      for (const socket of open) socket.close();
    },
    killServer: options.mayKill ? () => killServer(page) : null,
  };
}

/** Keeps the order: what comes after a slowed message is slowed as well, until all of them have gone. */
class Slowness {
  private readonly ms: Store<number>;
  private readonly waiting: (() => void)[] = [];

  constructor(ms: Store<number>) {
    this.ms = ms;
  }

  /** False when there is nothing to wait for. */
  delay(deed: () => void): boolean {
    const ms = this.ms.get();
    if (ms === 0 && this.waiting.length === 0) return false;
    this.waiting.push(deed);
    setTimeout(() => this.waiting.shift()?.(), ms);
    return true;
  }
}

async function killServer(page: Window): Promise<void> {
  // The answer may be lost with the server that gives it: then it did what was asked.
  await page.fetch("/lab/kill", { method: "POST", headers: { "X-Lab": "1" } }).catch(() => undefined);
}
