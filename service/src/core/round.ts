import type { Batch } from "./batch.ts";
import type { Connection, Turn } from "./connection.ts";
import { frameBytes, type Message } from "./message.ts";
import type { Codec } from "./ports.ts";

/** The members a round is for: they stay the same as long as it goes on. */
export interface Audience {
  readonly name: string;
  readonly members: readonly Connection[];
}

/**
 * The messages of one group in one turn. Most members get these frames and nothing else: they follow a feed, which grows
 * once for each message instead of once for each member. Whoever does anything else steps aside with what there is so
 * far, and is delivered to by itself for the rest of the turn.
 */
export class Round {
  readonly #audience: Audience;
  readonly #turn: Turn;
  readonly #feeds: Feed[] = [];
  readonly #aside: Connection[] = [];
  #over = false;

  constructor(audience: Audience, turn: Turn) {
    this.#audience = audience;
    this.#turn = turn;
    for (const member of audience.members) {
      if (member.mayFollow(audience.name)) member.follow(this.#feedFor(member.identity.codec));
      else this.#aside.push(member);
    }
  }

  /** To all members but `except`. */
  deliver(message: Message, except: Connection | undefined): void {
    except?.stepAside();
    for (const feed of this.#feeds) {
      if (!feed.offer(message)) this.#dissolve(feed);
    }
    for (const member of this.#aside) {
      if (member !== except) member.deliver(message);
    }
  }

  /** The turn is over, or the members change: what comes next belongs to another round. */
  end(): void {
    this.#over = true;
  }

  /** Called by a member that has stopped following. */
  left(member: Connection): void {
    if (!this.#over) this.#aside.push(member);
  }

  #feedFor(codec: Codec): Feed {
    const known = this.#feeds.find((feed) => feed.codec === codec);
    if (known !== undefined) return known;
    const feed = new Feed(this, codec, this.#turn);
    this.#feeds.push(feed);
    return feed;
  }

  #dissolve(feed: Feed): void {
    for (const member of this.#audience.members) {
      if (member.feed === feed) member.stepAside();
    }
  }
}

/** What all followers of one codec are given in one turn. */
export class Feed {
  readonly round: Round;
  readonly codec: Codec;
  readonly #framesMax: number;
  readonly #bytesMax: number;
  #batch: Batch;

  constructor(round: Round, codec: Codec, turn: Turn) {
    const { feedFramesMax, heldFramesMax, feedBytesMax, heldBytesMax } = turn.limits;
    this.round = round;
    this.codec = codec;
    this.#framesMax = Math.min(feedFramesMax, heldFramesMax);
    this.#bytesMax = Math.min(feedBytesMax, heldBytesMax);
    this.#batch = turn.emptyBatch(codec);
  }

  get batch(): Batch {
    return this.#batch;
  }

  /** False when followers might have no room for it: each of them has to be asked. */
  offer(message: Message): boolean {
    const frame = message.frameFor(this.codec);
    const { count, bytes } = this.#batch;
    if (count >= this.#framesMax || bytes + frameBytes(frame) > this.#bytesMax) return false;
    this.#batch = this.#batch.with(frame, message.expiresAt);
    return true;
  }
}
