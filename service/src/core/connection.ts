import { AckMemory } from "./acks.ts";
import { Batch } from "./batch.ts";
import type { Group } from "./group.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { frameBytes, type Message } from "./message.ts";
import type { Cancel, Codec, ControlMessage, Frame, PlainMode } from "./ports.ts";
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
  /** As negotiated; a plain client may speak one of its own, or none. */
  readonly subprotocol: string | undefined;
  /** What the frames of a plain client mean. Others say so themselves. */
  readonly plainMode: PlainMode;
  readonly permissions: Permissions;
}

/** What a connection needs of its hub. */
export interface Turn {
  now(): number;
  /** No frames yet. Connections of one turn start from the same one. */
  emptyBatch(): Batch;
  /** Must bring about one `flush` at the end of the turn. */
  flushLater(connection: Connection): void;
}

/** One logical connection. It outlives its transport when its subprotocol is reliable. */
export class Connection {
  readonly identity: Identity;
  readonly session: Session | undefined;
  readonly acks: AckMemory;
  readonly memberships: Map<Group, number> = new Map();
  state: ConnectionState = { phase: "ended" };
  readonly #limits: Limits;
  readonly #turn: Turn;
  #held: Batch | undefined;
  /** When the held frames that can expire do so. */
  #mortal: Map<Frame, number> | undefined;

  constructor(identity: Identity, limits: Limits, turn: Turn) {
    this.identity = identity;
    this.#limits = limits;
    this.#turn = turn;
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
    this.session?.replay(this.#turn.now(), (message, sequenceId) => {
      this.#hold(codec.sequenced(message.frameFor(codec), sequenceId), message.expiresAt);
    });
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
    const { session } = this;
    if (session === undefined) {
      this.#hold(frame, message.expiresAt);
      return;
    }
    const sequenceId = session.push(message, frameBytes(frame), session.mayExpire ? this.#turn.now() : 0);
    if (sequenceId === "full") this.#doom("Too many messages without a sequenceAck.");
    else if (this.state.phase === "open") this.#hold(codec.sequenced(frame, sequenceId), message.expiresAt);
  }

  /** Acks, pongs and system messages: never numbered, lost with the transport. */
  say(message: ControlMessage): void {
    if (this.state.phase !== "open") return;
    const frame = this.identity.codec.control(message);
    if (frame !== undefined) this.#hold(frame);
  }

  /** Hands over what this turn produced, unless the transport is behind: then it waits for `Link.writable`. */
  flush(): void {
    if (this.state.phase !== "open" || this.#held === undefined) return;
    if (this.state.link.sink.queuedBytes < this.#limits.gateBytes) this.flushAnyway();
  }

  /** The same without the gate: what precedes a close must leave before it. */
  flushAnyway(): void {
    if (this.state.phase !== "open") return;
    this.#dropExpired();
    const held = this.#held;
    if (held === undefined) return;
    this.#dropHeld();
    this.state.link.sink.write(held.frames);
  }

  #hold(frame: Frame, expiresAt?: number): void {
    if (this.#held === undefined) this.#turn.flushLater(this);
    const held = (this.#held ?? this.#turn.emptyBatch()).with(frame);
    this.#held = held;
    if (expiresAt !== undefined) {
      this.#mortal ??= new Map();
      this.#mortal.set(frame, expiresAt);
    }
    if (!this.#overfull()) return;
    this.flush();
    if (this.#overfull()) this.#dropExpired();
    if (this.#overfull()) this.#doom("SlowClient");
  }

  /** A client that is behind does not get what is too old by now. */
  #dropExpired(): void {
    if (this.#mortal === undefined) return;
    const now = this.#turn.now();
    const expired = new Set<Frame>();
    for (const [frame, expiresAt] of this.#mortal) {
      if (expiresAt > now) continue;
      this.#mortal.delete(frame);
      expired.add(frame);
    }
    if (expired.size === 0) return;
    const kept = this.#held?.frames.filter((frame) => !expired.has(frame)) ?? [];
    this.#held = kept.length === 0 ? undefined : kept.reduce((batch, frame) => batch.with(frame), new Batch());
  }

  #overfull(): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    return held.count > this.#limits.heldFramesMax || held.bytes > this.#limits.heldBytesMax;
  }

  #doom(reason: string): void {
    const link = this.state.phase === "open" ? this.state.link : undefined;
    if (this.state.phase === "detached") this.state.cancelExpiry();
    this.state = { phase: "doomed", link, reason };
    this.#dropHeld();
    this.#turn.flushLater(this);
  }

  #dropHeld(): void {
    this.#held = undefined;
    this.#mortal = undefined;
  }
}
