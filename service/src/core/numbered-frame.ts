import type { Frame } from "./ports.ts";

/**
 * The part of a message that all members of a reliable group share. Each of them gets it behind a number of its own, so
 * it is no frame by itself: a transport writes the numbers, or `numbered` makes whole frames.
 */
export abstract class UnnumberedFrame implements Frame {
  readonly head = undefined;
  readonly body: Uint8Array;
  readonly binary: boolean;

  constructor(body: Uint8Array, binary: boolean) {
    this.body = body;
    this.binary = binary;
  }

  /** How many bytes the number takes. Never fewer for a larger number. */
  abstract numberBytes(sequenceId: number): number;

  /** How many bytes precede the body; the number is the last of them. The same for numbers of the same length. */
  abstract headBytes(numberBytes: number): number;

  /** Writes everything that precedes the number. */
  abstract writeStart(target: Uint8Array, at: number, numberBytes: number): void;

  /** Writes the number in exactly `numberBytes` bytes. */
  abstract writeNumber(target: Uint8Array, at: number, numberBytes: number, sequenceId: number): void;

  /** The same for numbers that follow each other, one at each place. What is there are numbers of this length from `before` on. */
  writeNumbers(
    target: Uint8Array,
    places: readonly number[],
    numberBytes: number,
    first: number,
    _before: number,
  ): void {
    for (let at = 0; at < places.length; at++) this.writeNumber(target, places[at] ?? 0, numberBytes, first + at);
  }
}

/** A shared frame with the number of one connection. The number becomes bytes where they are needed. */
export class NumberedFrame implements Frame {
  readonly shared: UnnumberedFrame;
  readonly sequenceId: number;
  readonly headBytes: number;

  constructor(shared: UnnumberedFrame, sequenceId: number) {
    this.shared = shared;
    this.sequenceId = sequenceId;
    this.headBytes = shared.headBytes(shared.numberBytes(sequenceId));
  }

  get head(): Uint8Array {
    const head = new Uint8Array(this.headBytes);
    this.writeHead(head, 0);
    return head;
  }

  get body(): Uint8Array {
    return this.shared.body;
  }

  get binary(): boolean {
    return this.shared.binary;
  }

  /** Writes `headBytes` bytes. */
  writeHead(target: Uint8Array, at: number): void {
    const { shared, sequenceId } = this;
    const bytes = shared.numberBytes(sequenceId);
    shared.writeStart(target, at, bytes);
    shared.writeNumber(target, at + this.headBytes - bytes, bytes, sequenceId);
  }
}

/** `Codec.sequenced` of the reliable formats. */
export function numberedFrame(frame: Frame, sequenceId: number): Frame {
  return frame instanceof UnnumberedFrame ? new NumberedFrame(frame, sequenceId) : frame;
}

/** Whole frames: the first that wants a number gets `first`, the next one more. */
export function numbered(frames: readonly Frame[], first: number): readonly Frame[] {
  let next = first;
  return frames.map((frame) => (frame instanceof UnnumberedFrame ? new NumberedFrame(frame, next++) : frame));
}
