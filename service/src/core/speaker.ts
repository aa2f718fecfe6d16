import type { Message } from "./message.ts";
import type { ControlMessage, EndingDetails, SessionNames } from "./ports.ts";

/**
 * A protocol with sessions of its own, such as MQTT: it decides what a message becomes for its connection, and for how
 * long the connection outlives its transport. Contract: no method throws.
 */
export interface Speaker {
  /** For event handlers, besides who the client is. */
  readonly names: SessionNames;
  /** A data message. Must not end the connection at once: see `Connection.doom`. */
  deliver(message: Message): void;
  /** Whether a message of this group is for it exactly what its codec makes of it, until it says anything. */
  follows(group: string): boolean;
  say(message: ControlMessage): void;
  /** One WebSocket frame of the client, which need not be a whole packet. */
  receive(data: string | Uint8Array): void;
  /** The transport is gone. Answers how long the connection waits for another, in milliseconds; 0 ends it now. */
  transportLost(): number;
  /** The connection is not a member of this group any more, for whatever reason. */
  left(group: string): void;
  /** The connection has ended for good. Answers what event handlers are told of it. */
  ended(): EndingDetails;
}
