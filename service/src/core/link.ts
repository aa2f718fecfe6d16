import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import type { Sink } from "./ports.ts";
import { serve } from "./requests.ts";

/** What reads from a transport. */
export interface Inlet {
  readonly hubName: string;
  /** Undefined as long as the client has not said who it is. */
  readonly connection: Connection | undefined;
  receive(data: string | Uint8Array): void;
  closed(code: number): void;
  failed(code: number, reason: string): void;
  writable(): void;
}

/**
 * The incoming half of one transport. The transport calls it; after the connection has another transport or has ended,
 * every call is ignored, so that late events of an old socket do no harm.
 */
export class Link implements Inlet {
  readonly connection: Connection;
  readonly sink: Sink;
  readonly #hub: Hub;

  constructor(hub: Hub, connection: Connection, sink: Sink) {
    this.#hub = hub;
    this.connection = connection;
    this.sink = sink;
  }

  get connectionId(): string {
    return this.connection.id;
  }

  get hubName(): string {
    return this.#hub.name;
  }

  /** One frame of the client: text as a string, binary as bytes. A frame that breaks the protocol ends the connection. */
  receive(data: string | Uint8Array): void {
    if (!this.#current()) return;
    const { speaker } = this.connection.identity;
    if (speaker !== undefined) {
      speaker.receive(data);
      return;
    }
    const decoded = this.connection.identity.codec.decode(data);
    if (decoded.ok) serve(this.#hub, this.connection, decoded.message);
    else this.#hub.expel(this.connection, decoded.code, decoded.problem);
  }

  /**
   * The transport is gone. `code` is the close code the client sent: 1000 is final; anything else (1001, 1005 for none,
   * 1006 for a cut) leaves a reliable connection recoverable for `limits.recoveryMs`.
   */
  closed(code: number): void {
    if (this.#current()) this.#hub.transportClosed(this.connection, code);
  }

  /** The client broke the transport's own rules (1002, 1009): the connection ends for good. */
  failed(code: number, reason: string): void {
    if (this.#current()) this.#hub.expel(this.connection, code, reason);
  }

  /** The transport has caught up. */
  writable(): void {
    if (this.#current()) this.connection.flush();
  }

  #current(): boolean {
    const { state } = this.connection;
    return state.phase === "open" && state.link === this;
  }
}
