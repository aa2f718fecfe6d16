import { AckMemory } from "./acks.ts";
import { Batch } from "./batch.ts";
import type { Hub } from "./hub.ts";
import { Invocations } from "./invocations.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { Memberships } from "./memberships.ts";
import type { Message } from "./message.ts";
import { NumberedFrame, numbered, type UnnumberedFrame } from "./numbered-frame.ts";
import type { Cancel, Codec, ControlMessage, Frame, PlainMode } from "./ports.ts";
import type { Permissions } from "./roles.ts";
import type { Feed } from "./round.ts";
import { Session } from "./session.ts";
import type { Speaker } from "./speaker.ts";
import { Streams } from "./streams.ts";

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
  /** Of a protocol with sessions of its own. */
  readonly speaker?: Speaker | undefined;
}

/** What a connection needs of its hub. */
export interface Turn {
  readonly limits: Limits;
  now(): number;
  /** No frames yet. Connections of one turn and codec start from the same one. */
  emptyBatch(codec: Codec): Batch;
  /** Must bring about one `flush` at the end of the turn. */
  flushLater(connection: Connection): void;
}

/** One logical connection. It outlives its transport when its subprotocol is reliable. */
export class Connection {
  readonly identity: Identity;
  readonly session: Session | undefined;
  readonly memberships: Memberships = new Memberships();
  state: ConnectionState = { phase: "ended" };
  /** Made when needed: most connections have none. */
  streams: Streams | undefined;
  #invocations: Invocations | undefined;
  readonly #turn: Turn;
  /** Made when needed: most connections never ask for an ack. */
  #acks: AckMemory | undefined;
  /** What it is given together with others; then it holds nothing of its own. */
  #feed: Feed | undefined;
  #held: Batch | undefined;
  /** The number of the first held frame that wants one; the next ones follow without gaps. */
  #firstHeld = 0;

  constructor(identity: Identity, turn: Turn) {
    const { unackedMessagesMax: messagesMax, unackedBytesMax: bytesMax } = turn.limits;
    this.identity = identity;
    this.#turn = turn;
    this.session = identity.codec.reliable ? new Session({ messagesMax, bytesMax }) : undefined;
  }

  get id(): string {
    return this.identity.id;
  }

  get acks(): AckMemory {
    this.#acks ??= new AckMemory(this.#turn.limits.rememberedAcksMax);
    return this.#acks;
  }

  streamsOf(hub: Hub): Streams {
    this.streams ??= new Streams(hub, this);
    return this.streams;
  }

  invocationsOf(hub: Hub): Invocations {
    this.#invocations ??= new Invocations(hub, this);
    return this.#invocations;
  }

  get feed(): Feed | undefined {
    return this.#feed;
  }

  /** Whether it holds nothing yet, and has room for all that a feed can bring. */
  mayFollow(group: string): boolean {
    const { phase } = this.state;
    if (this.#held !== undefined || this.#feed !== undefined || phase === "doomed" || phase === "ended") return false;
    if (this.identity.speaker !== undefined) return this.identity.speaker.follows(group);
    const { feedFramesMax, feedBytesMax } = this.#turn.limits;
    return this.session === undefined || this.session.hasRoomFor(feedFramesMax, feedBytesMax);
  }

  /** From now on it is given what the feed is given. */
  follow(feed: Feed): void {
    this.#feed = feed;
    this.#turn.flushLater(this);
  }

  /** No longer: what the feed has so far is its own. */
  stepAside(): void {
    const feed = this.#feed;
    if (feed === undefined) return;
    this.#feed = undefined;
    feed.round.left(this);
    if (feed.batch.count === 0) return;
    this.#held = feed.batch;
    if (this.session !== undefined) this.#firstHeld = this.session.numberAll(feed.batch.run);
  }

  /** Takes a new transport and repeats what the old one may have lost. Answers how many messages that were. */
  attach(link: Link): number {
    this.stepAside();
    this.#keepHeld();
    this.#held = undefined;
    this.state = { phase: "open", link };
    const { codec } = this.identity;
    this.session?.replay(this.#turn.now(), (frame, sequenceId, expiresAt) => {
      this.#hold(codec.sequenced(frame, sequenceId), expiresAt);
    });
    return this.session?.unacked ?? 0;
  }

  detach(cancelExpiry: Cancel): void {
    this.stepAside();
    this.#keepHeld();
    this.#held = undefined;
    this.state = { phase: "detached", cancelExpiry };
  }

  /** A data message: numbered and kept until acknowledged when the connection is reliable. */
  deliver(message: Message): void {
    const { phase } = this.state;
    if (phase === "doomed" || phase === "ended") return;
    this.stepAside();
    if (this.identity.speaker !== undefined) {
      this.identity.speaker.deliver(message);
      return;
    }
    const frame = message.frameFor(this.identity.codec);
    if (this.session !== undefined && !this.#number(this.session, frame, message.expiresAt)) return;
    this.#hold(frame, message.expiresAt);
  }

  /** Acks, pongs and system messages: never numbered, lost with the transport. */
  say(message: ControlMessage): void {
    if (this.state.phase !== "open") return;
    if (this.identity.speaker !== undefined) {
      this.identity.speaker.say(message);
      return;
    }
    const frame = this.identity.codec.control(message);
    if (frame !== undefined) this.#hold(frame);
  }

  /** One more frame for this turn, of a protocol with sessions of its own. Nothing without a transport. */
  hold(frame: Frame, expiresAt?: number): void {
    if (this.state.phase === "open") this.#hold(frame, expiresAt);
  }

  /** The same for a shared frame with a number of that protocol. While numbers follow each other, the batch stays shared. */
  holdNumbered(frame: UnnumberedFrame, number: number): void {
    if (this.state.phase !== "open") return;
    this.stepAside();
    if (this.#held === undefined || this.#held.numbered === 0) this.#firstHeld = number;
    const follows = number === this.#firstHeld + (this.#held?.numbered ?? 0);
    this.#hold(follows ? frame : new NumberedFrame(frame, number));
  }

  /** The client has everything up to this number. */
  acknowledge(sequenceId: number): void {
    if (this.session?.hasGiven(sequenceId) === false) this.stepAside();
    if (this.#held !== undefined && sequenceId >= this.#firstHeld) this.#settle(this.#held);
    this.session?.acknowledge(sequenceId);
  }

  /** Hands over what this turn produced, unless the transport is behind: then it waits for `Link.writable`. */
  flush(): void {
    this.stepAside();
    if (this.state.phase === "detached") {
      this.#keepHeld();
      this.#held = undefined;
    } else if (this.state.phase === "open" && this.#held !== undefined) {
      if (this.state.link.sink.queuedBytes < this.#turn.limits.gateBytes) this.flushAnyway();
    }
  }

  /** The same without the gate: what precedes a close must leave before it. */
  flushAnyway(): void {
    if (this.state.phase !== "open") return;
    this.stepAside();
    this.#dropExpired();
    const held = this.#held;
    if (held === undefined) return;
    this.#keepHeld();
    this.#held = undefined;
    const { sink } = this.state.link;
    if (held.numbered === 0) sink.write(held.frames);
    else if (sink.writeNumbered !== undefined) sink.writeNumbered(held.frames, this.#firstHeld);
    else sink.write(numbered(held.frames, this.#firstHeld));
  }

  /** False when the connection can no longer keep its promise and must end. */
  #number(session: Session, frame: Frame, expiresAt: number | undefined): boolean {
    const { length } = frame.body;
    if (!session.hasRoomFor(1, length)) {
      // What is held may have expired as well: only what the session keeps can be forgotten.
      if (this.#held !== undefined) this.#settle(this.#held);
      session.dropExpired(this.#turn.now());
    }
    if (!session.hasRoomFor(1, length)) {
      this.doom("Too many messages without a sequenceAck.");
      return false;
    }
    const sequenceId = session.number(length, expiresAt);
    if (this.#held === undefined || this.#held.numbered === 0) this.#firstHeld = sequenceId;
    return true;
  }

  #hold(frame: Frame, expiresAt?: number): void {
    this.stepAside();
    if (this.#held === undefined) this.#turn.flushLater(this);
    this.#held = (this.#held ?? this.#turn.emptyBatch(this.identity.codec)).with(frame, expiresAt);
    if (!this.#overfull()) return;
    this.flush();
    if (this.#overfull()) this.#dropExpired();
    if (this.#overfull()) this.doom("SlowClient");
  }

  /** What has a number must be kept before it is sent or forgotten. */
  #keepHeld(): void {
    if (this.#held !== undefined && this.#held.numbered > 0) this.session?.keep(this.#held.run, this.#firstHeld);
  }

  /** Keeps what is held and ties the numbers to their frames: from now on some of either can go. */
  #settle(held: Batch): void {
    if (held.numbered === 0) return;
    this.#keepHeld();
    const { expiries } = held;
    const start = new Batch();
    this.#held = numbered(held.frames, this.#firstHeld).reduce(
      (batch, frame, at) => batch.with(frame, expiries[at]),
      start,
    );
  }

  /** A client that is behind does not get what is too old by now. */
  #dropExpired(): void {
    if (this.#held === undefined || this.#held.soonestExpiry === Number.POSITIVE_INFINITY) return;
    const now = this.#turn.now();
    if (this.#held.soonestExpiry > now) return;
    this.#settle(this.#held);
    const { frames, expiries } = this.#held;
    let kept = new Batch();
    for (const [at, frame] of frames.entries()) {
      const expiresAt = expiries[at];
      if (expiresAt === undefined || expiresAt > now) kept = kept.with(frame, expiresAt);
    }
    this.#held = kept.count === 0 ? undefined : kept;
  }

  #overfull(): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    return held.count > this.#turn.limits.heldFramesMax || held.bytes > this.#turn.limits.heldBytesMax;
  }

  /** Ends the connection at the end of the turn: a publish that is under way must find all members. */
  doom(reason: string): void {
    if (this.state.phase === "doomed" || this.state.phase === "ended") return;
    const link = this.state.phase === "open" ? this.state.link : undefined;
    if (this.state.phase === "detached") this.state.cancelExpiry();
    this.state = { phase: "doomed", link, reason };
    this.stepAside();
    this.#held = undefined;
    this.#turn.flushLater(this);
  }
}
