import type { Message } from "./message.ts";
import type { Payload } from "./payload.ts";

export type { Metadata } from "./metadata.ts";
export type { BytesPayload, DataType, LiteralPayload, MqttDetails, Payload } from "./payload.ts";

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
  /** The group it comes from, where the bytes do not say it. */
  readonly group?: string;
}

/**
 * The outgoing half of one transport (a WebSocket, or an array in a simulation).
 * Contract: no method throws and none calls back into the hub before it returns.
 */
export interface Sink {
  /** Takes all frames in order. Several sinks may be given the same array: nobody changes it. */
  write(frames: readonly Frame[]): void;
  /**
   * The same for frames that want numbers (`UnnumberedFrame`): the first gets `first`, each further one more. Frames that
   * are shared by many connections stay shared. Default: `write` with each frame numbered.
   */
  writeNumbered?(frames: readonly Frame[], first: number): void;
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
      /** Undefined or 0: the message does not expire. */
      readonly ttlSeconds: number | undefined;
      readonly payload: Payload;
    }
  | { readonly type: "event"; readonly event: string; readonly ackId: AckId | undefined; readonly payload: Payload }
  | { readonly type: "sequenceAck"; readonly sequenceId: number }
  | { readonly type: "ping" }
  /** A whole frame of a plain client: what it means is the mode of its connection. */
  | { readonly type: "plain"; readonly payload: Payload }
  | ({ readonly type: "streamStart" } & StreamStart)
  | {
      readonly type: "streamData";
      readonly streamId: string;
      readonly sequenceId: number;
      readonly payload: Payload;
    }
  | { readonly type: "streamAlive"; readonly streamId: string }
  | { readonly type: "streamEnd"; readonly streamId: string; readonly error: UserError | undefined }
  | { readonly type: "invoke"; readonly invocationId: string; readonly event: string; readonly payload: Payload }
  | { readonly type: "cancelInvocation"; readonly invocationId: string }
  /** Without a state the one there is is cleared. */
  | {
      readonly type: "setGroupState";
      readonly group: string;
      readonly ackId: AckId | undefined;
      readonly state: GroupState | undefined;
    }
  | { readonly type: "subscribeGroupState"; readonly group: string; readonly ackId: AckId | undefined }
  | { readonly type: "unsubscribeGroupState"; readonly group: string; readonly ackId: AckId | undefined }
  | { readonly type: "unsupported"; readonly answer: Unsupported };

export interface StreamStart {
  readonly streamId: string;
  readonly group: string;
  readonly noEcho: boolean;
  /** Default: `limits.streamIdleMs`. */
  readonly idleTimeoutMs: number | undefined;
}

/** Why a client has given up its stream, in its own words. */
export interface UserError {
  readonly message: string | undefined;
  readonly userErrorCode: string | number | undefined;
}

/** Where a message belongs in a stream. The last one has no data. */
export interface StreamPart {
  readonly streamId: string;
  readonly streamSequenceId: number;
  readonly endOfStream?: true;
  readonly error?: { readonly name: string; readonly message?: string; readonly userErrorCode?: string | number };
}

export interface StreamError {
  readonly name: "StreamNotFound" | "Forbidden" | "BadRequest" | "InternalServerError" | "IdleTimeout";
  readonly message: string;
}

/** What one member of a group says of itself. */
export type GroupState = ReadonlyMap<string, string>;

export interface GroupStateItem {
  readonly connectionId: string;
  readonly userId: string | undefined;
  /** Undefined: it has been cleared. */
  readonly state: GroupState | undefined;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

/** Decimal digits of an unsigned 64-bit integer, as the client wrote them. */
export type AckId = string;

/** What the frames of a plain WebSocket client mean: an event `message` each, or a publish to one group. */
export type PlainMode =
  | { readonly mode: "sendEvent" }
  | { readonly mode: "sendToGroup"; readonly group: string; readonly noEcho: boolean };

/** Preview kinds that this service refuses politely: the connection stays. */
export type Unsupported = { readonly to: "ack"; readonly ackId: AckId } | { readonly to: "nobody" };

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
  | { readonly type: "streamAck"; readonly streamId: string; readonly expectedSequenceId: number }
  | { readonly type: "streamNack"; readonly streamId: string; readonly expectedSequenceId: number }
  | { readonly type: "streamClosed"; readonly streamId: string; readonly error: StreamError | undefined }
  | { readonly type: "invoked"; readonly invocationId: string; readonly reply: Payload | undefined }
  | { readonly type: "invokeFailed"; readonly invocationId: string; readonly error: AckError }
  | {
      readonly type: "groupStateSnapshot" | "groupStateUpdate";
      readonly group: string;
      readonly items: readonly GroupStateItem[];
    };

/** One wire format. Codecs live outside the core and are compared by identity. */
export interface Codec {
  /** The WebSocket subprotocol, such as `json.webpubsub.azure.v1`. */
  readonly subprotocol: string;
  readonly reliable: boolean;
  /** Tells its members which messages are parts of a stream. Default: they get the data only, and no ends. */
  readonly tellsStreams?: true;
  /** Plain clients get no acks: an event that fails ends the connection with 1011. Default: it stays. */
  readonly closesOnFailedEvent?: true;
  /** A text frame comes as a string, a binary frame as bytes. Never throws, whatever the client sent. */
  decode(data: string | Uint8Array): Decoded<ClientMessage>;
  /** Undefined when the wire format has no such message: then nothing is said. */
  control(message: ControlMessage): Frame | undefined;
  /** The part of a data message that all members share. Once per message and codec. An `UnnumberedFrame` if `reliable`. */
  data(message: Message): Frame;
  /** One data frame of a reliable connection, whole. Called only when `reliable`. */
  sequenced(data: Frame, sequenceId: number): Frame;
}

/** The connection an event is about, as an event handler sees it. */
export interface UpstreamClient {
  readonly connectionId: string;
  readonly userId: string | undefined;
  /** The negotiated subprotocol; undefined for a plain WebSocket client without one. */
  readonly subprotocol: string | undefined;
  /** Of a protocol with sessions of its own. */
  readonly session?: SessionNames;
}

/** Ids of the service's own, unlike the connection id, which an MQTT client chooses. */
export interface SessionNames {
  /** Of the transport in use. */
  readonly physicalConnectionId: string;
  /** Undefined as long as there is no session. */
  readonly sessionId: string | undefined;
}

/** How an MQTT session came to its end. */
export interface EndingDetails {
  /** The client has said goodbye with a DISCONNECT packet. */
  readonly initiatedByClient: boolean;
  /** The last DISCONNECT packet, of whomever; undefined when there was none. */
  readonly disconnectPacket:
    | { readonly code: number; readonly userProperties?: readonly (readonly [name: string, value: string])[] }
    | undefined;
}

export interface UserEvent {
  readonly event: string;
  readonly payload: Payload;
}

/** `reply` goes to the client, as a message from the server, before the ack. */
export type EventOutcome =
  | { readonly handled: true; readonly reply: Payload | undefined; readonly answer?: EventAnswer }
  | { readonly handled: false; readonly problem: string; readonly answer?: EventAnswer };

/** What an event handler answered, whole: MQTT clients are told all of it. */
export interface EventAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly userProperties: readonly (readonly [name: string, value: string])[];
}

/**
 * Where the events of clients go: event handlers over HTTP in the service, plain functions in a simulation.
 * Contract: no method throws. Events of one connection are handled in the order of the calls.
 */
export interface Upstream {
  connected(client: UpstreamClient): void;
  /** Once per connection, when it has ended for good; a transport that may come back is not an end. */
  disconnected(client: UpstreamClient, reason: string, details?: EndingDetails): void;
  /** A connection has become a member of a group, or is none any more. Default: nobody wants to know. */
  joined?(client: UpstreamClient, group: string): void;
  left?(client: UpstreamClient, group: string): void;
  /** `answer` is called exactly once, at once or later. */
  event(client: UpstreamClient, event: UserEvent, answer: (outcome: EventOutcome) => void): void;
}

/** What happened, for logs. Never holds a token or a payload. */
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
