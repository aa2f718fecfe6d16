import type { UnnumberedFrame } from "./numbered-frame.ts";
import { type Run, runOf } from "./run.ts";

/** Acknowledged messages at the front of a run are let go when they are larger than this. */
const staleBytesMax = 64 * 1024;

/**
 * The reliable half of a connection: messages sent but not acknowledged. Numbers start at 1 and are given without gaps;
 * an expired message is not repeated, so a replay may skip some.
 *
 * What is kept is one shared run of messages for each turn, and for each connection its first number: a message costs a
 * connection nothing, however many are in flight.
 */
export class Session {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  /** Side by side: an object for each run of each connection would cost more than the rest. */
  #runs: (Run | undefined)[] = [];
  #firsts: number[] = [];
  /** Runs before this place are acknowledged and forgotten. */
  #start = 0;
  /** So many messages of the first run are acknowledged. */
  #offset = 0;
  #staleBytes = 0;
  #count = 0;
  #bytes = 0;
  #mortal = 0;
  #next = 1;

  constructor(bounds: { readonly messagesMax: number; readonly bytesMax: number }) {
    this.#messagesMax = bounds.messagesMax;
    this.#bytesMax = bounds.bytesMax;
  }

  get unacked(): number {
    return this.#count;
  }

  /** Whether the connection could keep so many more messages of so many bytes. Others must not be numbered. */
  hasRoomFor(messages: number, bytes: number): boolean {
    return this.#count + messages <= this.#messagesMax && this.#bytes + bytes <= this.#bytesMax;
  }

  /** Whether any message has got this number yet. */
  hasGiven(sequenceId: number): boolean {
    return sequenceId < this.#next;
  }

  /** The number of one more message, which counts as unacknowledged from now on. `keep` must follow, in order. */
  number(bytes: number, expiresAt: number | undefined): number {
    this.#count += 1;
    this.#bytes += bytes;
    if (expiresAt !== undefined) this.#mortal += 1;
    return this.#next++;
  }

  /** The same for all of a run: answers the number of its first message. */
  numberAll({ frames, bytes, mortal }: Run): number {
    const first = this.#next;
    this.#next += frames.length;
    this.#count += frames.length;
    this.#bytes += bytes;
    this.#mortal += mortal;
    return first;
  }

  /** Keeps messages that have been numbered, from `first` on without gaps. */
  keep(run: Run, first: number): void {
    this.#runs.push(run);
    this.#firsts.push(first);
  }

  /** Forgets everything kept up to and including `sequenceId`. Numbers never given and old ones do no harm. */
  acknowledge(sequenceId: number): void {
    while (this.#start < this.#runs.length) {
      const run = this.#runs[this.#start];
      if (run === undefined) return;
      const first = this.#firsts[this.#start] ?? 0;
      if (first + run.frames.length - 1 > sequenceId) {
        this.#acknowledgeSome(run, sequenceId - first + 1);
        break;
      }
      this.#forget(run, this.#offset, run.frames.length);
      this.#runs[this.#start] = undefined;
      this.#start += 1;
      [this.#offset, this.#staleBytes] = [0, 0];
    }
    if (this.#start > 16 && this.#start * 2 > this.#runs.length) this.#compact();
  }

  /** Unacknowledged messages with their old numbers, oldest first; those that expired meanwhile are forgotten. */
  replay(now: number, visit: Visit): void {
    this.dropExpired(now);
    this.#each(visit);
  }

  /** Forgets what has expired. The others keep their numbers, so a run may fall into several. */
  dropExpired(now: number): void {
    if (this.#mortal === 0) return;
    const parts: Part[] = [];
    this.#each((frame, sequenceId, expiresAt) => {
      if (expiresAt !== undefined && expiresAt <= now) return;
      const last = parts.at(-1);
      const follows = last !== undefined && last.first + last.frames.length === sequenceId;
      const part = follows ? last : { first: sequenceId, frames: [], expiries: [] };
      if (!follows) parts.push(part);
      part.frames.push(frame);
      part.expiries.push(expiresAt);
    });
    [this.#runs, this.#firsts, this.#start, this.#offset, this.#staleBytes] = [[], [], 0, 0, 0];
    [this.#count, this.#bytes, this.#mortal] = [0, 0, 0];
    for (const { first, frames, expiries } of parts) {
      const run = runOf(frames, expiries);
      this.#count += frames.length;
      this.#bytes += run.bytes;
      this.#mortal += run.mortal;
      this.keep(run, first);
    }
  }

  #acknowledgeSome(run: Run, count: number): void {
    if (count <= this.#offset) return;
    const before = this.#bytes;
    this.#forget(run, this.#offset, count);
    this.#offset = count;
    this.#staleBytes += before - this.#bytes;
    if (this.#staleBytes <= staleBytesMax) return;
    this.#runs[this.#start] = runOf(run.frames.slice(count), run.expiries?.slice(count));
    this.#firsts[this.#start] = (this.#firsts[this.#start] ?? 0) + count;
    [this.#offset, this.#staleBytes] = [0, 0];
  }

  #forget(run: Run, from: number, to: number): void {
    this.#count -= to - from;
    this.#bytes -= (run.bytesBefore[to] ?? run.bytes) - (run.bytesBefore[from] ?? run.bytes);
    this.#mortal -= run.expiries?.slice(from, to).filter((expiresAt) => expiresAt !== undefined).length ?? 0;
  }

  #compact(): void {
    this.#runs = this.#runs.slice(this.#start);
    this.#firsts = this.#firsts.slice(this.#start);
    this.#start = 0;
  }

  #each(visit: Visit): void {
    for (let place = this.#start; place < this.#runs.length; place++) {
      const run = this.#runs[place];
      const first = this.#firsts[place] ?? 0;
      const skipped = place === this.#start ? this.#offset : 0;
      run?.frames.slice(skipped).forEach((frame, at) => {
        visit(frame, first + skipped + at, run.expiries?.[skipped + at]);
      });
    }
  }
}

type Visit = (frame: UnnumberedFrame, sequenceId: number, expiresAt: number | undefined) => void;

/** Messages whose numbers follow each other. */
interface Part {
  readonly first: number;
  readonly frames: UnnumberedFrame[];
  readonly expiries: (number | undefined)[];
}
