import type { Message } from "./message.ts";

/**
 * What the pure core needs from outside. The command line and `startService` give real ones; the simulator gives
 * virtual ones. Given the same clock, ids and inputs, the core does the same things in the same order.
 */

export type Cancel = () => void;

/** Milliseconds on any line that never runs backwards. `after` fires once, never synchronously. */
export interface Clock {
  now(): number;
  after(delayMs: number, fire: () => void): Cancel;
}

/**
 * Runs `task` once the current turn is over: `setImmediate` in the service, `clock.after(0, task)` in a simulation.
 * All frames of one turn leave in one write per connection.
 */
export interface Scheduler {
  soon(task: () => void): void;
}

/** Must be unguessable outside simulations: a reconnection token is the only proof a recovery needs. */
export interface IdSource {
  connectionId(): string;
  reconnectionToken(): string;
}

/** One encoded message. `head` comes before `body` on the wire; `body` is shared by many frames and never changes. */
export interface Frame {
  readonly head: Uint8Array | undefined;
  readonly body: Uint8Array;
  readonly binary: boolean;
}

/**
 * The outgoing half of one transport (a WebSocket, or an array in a simulation).
 * Contract: no method throws and none calls back into the hub before it returns.
 */
export interface Sink {
  /** Takes all frames in order. The array belongs to the sink from then on. */
  write(frames: readonly Frame[]): void;
  /** Closing handshake after everything written so far. */
  close(code: number, reason: string): void;
  /** Ends the transport at once, without a handshake. */
  abort(): void;
  /** Bytes taken but not yet handed to the network. From `limits.gateBytes` on, the hub holds frames back. */
  readonly queuedBytes: number;
}

export type Decoded<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly code: number; readonly problem: string };

/** What a client asks for, whatever its wire format. */
export type ClientMessage =
  | { readonly type: "joinGroup"; readonly group: string; readonly ackId: AckId | undefined }
  | { readonly type: "leaveGroup"; readonly group: string; readonly ackId: AckId | undefined }
  | {
      readonly type: "sendToGroup";
      readonly group: string;
      readonly ackId: AckId | undefined;
      readonly noEcho: boolean;
      readonly payload: Payload;
    }
  | { readonly type: "event"; readonly event: string; readonly ackId: AckId | undefined; readonly payload: Payload }
  | { readonly type: "sequenceAck"; readonly sequenceId: number }
  | { readonly type: "ping" }
  | { readonly type: "unsupported"; readonly answer: Unsupported };

/** Decimal digits of an unsigned 64-bit integer, as the client wrote them. */
export type AckId = string;

/** `literal` is the JSON literal of `data`, exactly as sent: it is spliced into outgoing frames, never re-encoded. */
export interface Payload {
  readonly dataType: "json" | "text" | "binary";
  readonly literal: string;
}

/** Preview kinds that this service refuses politely: the connection stays. */
export type Unsupported =
  | { readonly to: "stream"; readonly streamId: string }
  | { readonly to: "invoke"; readonly invocationId: string }
  | { readonly to: "ack"; readonly ackId: AckId }
  | { readonly to: "nobody" };

export interface AckError {
  readonly name: "Forbidden" | "InternalServerError" | "Duplicate" | "BadRequest";
  readonly message: string;
}

/** What the service says besides data messages. */
export type ControlMessage =
  | {
      readonly type: "connected";
      readonly connectionId: string;
      readonly userId: string | undefined;
      readonly reconnectionToken: string | undefined;
    }
  | { readonly type: "disconnected"; readonly message: string }
  | { readonly type: "ack"; readonly ackId: AckId; readonly error: AckError | undefined }
  | { readonly type: "pong" }
  | { readonly type: "streamClosed"; readonly streamId: string; readonly error: AckError }
  | { readonly type: "invokeFailed"; readonly invocationId: string; readonly error: AckError };

/** One wire format. Codecs live outside the core and are compared by identity. */
export interface Codec {
  /** The WebSocket subprotocol, such as `json.webpubsub.azure.v1`. */
  readonly subprotocol: string;
  readonly reliable: boolean;
  /** A text frame comes as a string, a binary frame as bytes. Never throws, whatever the client sent. */
  decode(data: string | Uint8Array): Decoded<ClientMessage>;
  control(message: ControlMessage): Frame;
  /** The part of a data message that all members share. Called once per message and codec. */
  data(message: Message): Frame;
  /** A data frame of a reliable connection. Called only when `reliable`. */
  sequenced(data: Frame, sequenceId: number): Frame;
}

/** What happened, for logs and later for upstream events. Never holds a token or a payload. */
export type HubEvent =
  | { readonly type: "connected"; readonly hub: string; readonly connectionId: string; readonly userId?: string }
  | { readonly type: "detached"; readonly hub: string; readonly connectionId: string; readonly code: number }
  | { readonly type: "recovered"; readonly hub: string; readonly connectionId: string; readonly replayed: number }
  | { readonly type: "recovery-refused"; readonly hub: string; readonly connectionId: string; readonly reason: string }
  | {
      readonly type: "disconnected";
      readonly hub: string;
      readonly connectionId: string;
      readonly userId?: string;
      readonly reason: string;
    };
