import type { UpstreamClient } from "../core/ports.ts";
import { Cookies } from "./cookies.ts";
import { EventQueue } from "./event-queue.ts";
import type { UpstreamLimits } from "./limits.ts";

/** What is kept for one connection between its events: their count, their order, the state and cookies of the handler. */
export class UpstreamConnection {
  client: UpstreamClient;
  /** Base64 in the handlers that express writes, but whatever it is, it goes back unread. */
  connectionState: string | undefined;
  readonly cookies: Cookies;
  readonly queue: EventQueue;
  #events = 0;

  constructor(client: UpstreamClient, limits: UpstreamLimits, idle: () => void) {
    this.client = client;
    this.cookies = new Cookies(limits.cookieBytesMax);
    this.queue = new EventQueue({ countMax: limits.waitingEventsMax, bytesMax: limits.waitingBytesMax }, idle);
  }

  /** The `ce-id` of the next event: 0, 1, 2 … */
  nextEventId(): number {
    return this.#events++;
  }
}
