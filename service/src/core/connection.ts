import { AckMemory } from "./acks.ts";
import type { Group } from "./group.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { frameBytes, type Message } from "./message.ts";
import type { Cancel, Codec, ControlMessage, Frame } from "./ports.ts";
import type { Permissions } from "./roles.ts";
import { Session } from "./session.ts";

/**
 * `doomed`: a bound was passed in the middle of a publish; the connection ends at the end of the turn.
 * Only reliable connections are ever `detached`.
 */
export type ConnectionState =
  | { readonly phase: "open"; readonly link: Link }
  | { readonly phase: "detached"; readonly cancelExpiry: Cancel }
  | { readonly phase: "doomed"; readonly link: Link | undefined; readonly reason: string }
  | { readonly phase: "ended" };

/** Who the client is and what it may do: fixed by its token, changed by the server's grants. */
export interface Identity {
  readonly id: string;
  readonly userId: string | undefined;
  readonly reconnectionToken: string | undefined;
  readonly codec: Codec;
  readonly permissions: Permissions;
}

/** One logical connection. It outlives its transport when its subprotocol is reliable. */
export class Connection {
  readonly identity: Identity;
  readonly session: Session | undefined;
  readonly acks: AckMemory;
  readonly memberships: Map<Group, number> = new Map();
  state: ConnectionState = { phase: "ended" };
  readonly #limits: Limits;
  readonly #flushLater: (connection: Connection) => void;
  #held: Frame[] = [];
  #heldBytes = 0;

  /** `flushLater` must bring about one `flush` at the end of the turn. */
  constructor(identity: Identity, limits: Limits, flushLater: (connection: Connection) => void) {
    this.identity = identity;
    this.#limits = limits;
    this.#flushLater = flushLater;
    this.acks = new AckMemory(limits.rememberedAcksMax);
    this.session = identity.codec.reliable
      ? new Session({ messagesMax: limits.unackedMessagesMax, bytesMax: limits.unackedBytesMax })
      : undefined;
  }

  get id(): string {
    return this.identity.id;
  }

  /** Takes a new transport and repeats what the old one may have lost. Answers how many messages that were. */
  attach(link: Link): number {
    this.state = { phase: "open", link };
    this.#dropHeld();
    const { codec } = this.identity;
    this.session?.replay((message, sequenceId) => this.#hold(codec.sequenced(message.frameFor(codec), sequenceId)));
    return this.session?.unacked ?? 0;
  }

  detach(cancelExpiry: Cancel): void {
    this.state = { phase: "detached", cancelExpiry };
    this.#dropHeld();
  }

  /** A data message: numbered and kept until acknowledged when the connection is reliable. */
  deliver(message: Message): void {
    if (this.state.phase === "doomed" || this.state.phase === "ended") return;
    const { codec } = this.identity;
    const frame = message.frameFor(codec);
    const sequenceId = this.session?.push(message, frameBytes(frame));
    if (sequenceId === undefined) this.#hold(frame);
    else if (sequenceId === "full") this.#doom("Too many messages without a sequenceAck.");
    else if (this.state.phase === "open") this.#hold(codec.sequenced(frame, sequenceId));
  }

  /** Acks, pongs and system messages: never numbered, lost with the transport. */
  say(message: ControlMessage): void {
    if (this.state.phase === "open") this.#hold(this.identity.codec.control(message));
  }

  /** Hands over what this turn produced, unless the transport is behind: then it waits for `Link.writable`. */
  flush(): void {
    if (this.state.phase !== "open" || this.#held.length === 0) return;
    if (this.state.link.sink.queuedBytes < this.#limits.gateBytes) this.flushAnyway();
  }

  /** The same without the gate: what precedes a close must leave before it. */
  flushAnyway(): void {
    if (this.state.phase !== "open" || this.#held.length === 0) return;
    const frames = this.#held;
    this.#dropHeld();
    this.state.link.sink.write(frames);
  }

  #hold(frame: Frame): void {
    this.#held.push(frame);
    this.#heldBytes += frameBytes(frame);
    if (this.#held.length === 1) this.#flushLater(this);
    if (!this.#overfull()) return;
    this.flush();
    if (this.#overfull()) this.#doom("SlowClient");
  }

  #overfull(): boolean {
    return this.#held.length > this.#limits.heldFramesMax || this.#heldBytes > this.#limits.heldBytesMax;
  }

  #doom(reason: string): void {
    const link = this.state.phase === "open" ? this.state.link : undefined;
    if (this.state.phase === "detached") this.state.cancelExpiry();
    this.state = { phase: "doomed", link, reason };
    this.#dropHeld();
    this.#flushLater(this);
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }
}
