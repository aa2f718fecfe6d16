import { frameBytes } from "../core/message.ts";
import { NumberedFrame, UnnumberedFrame } from "../core/numbered-frame.ts";
import type { Frame } from "../core/ports.ts";
import { frameHeader, headerBytes } from "./frame-bytes.ts";

/** Batches up to this size become one buffer; larger ones go out as a vector of parts, uncopied. */
const joinedBytesMax = 64 * 1024;

/** The bytes of a batch, and where the numbers of one connection stand in them. */
interface Joined {
  readonly frames: readonly Frame[];
  readonly buffer: Buffer;
  readonly numbered: readonly UnnumberedFrame[];
  readonly places: readonly number[];
  /** Of every number; undefined when they differ: then the buffer is for one connection only. */
  readonly numberBytes: number | undefined;
  /** The first number that is written in it. */
  first: number;
}

/**
 * Turns the frames of one turn into WebSocket bytes. Members of a group mostly get the same batch one after the other, so
 * the last one is kept: they share one buffer, and numbers are written into it in place.
 */
export class Batcher {
  #last: Joined | undefined;

  /** One buffer for the whole batch, or undefined when it is too large to be copied. */
  join(frames: readonly Frame[]): Buffer | undefined {
    if (this.#last?.frames !== frames) this.#last = join(frames, 0);
    return this.#last?.buffer;
  }

  /** The same with numbers from `first` on. The bytes are valid until the next call, or for good after `taken`. */
  joinNumbered(frames: readonly Frame[], first: number): Buffer | undefined {
    const last = this.#last;
    if (last?.frames !== frames || !fits(last, first)) this.#last = join(frames, first);
    else if (last.first !== first) writeNumbers(last, first);
    return this.#last?.buffer;
  }

  /** The last buffer is still to be sent: it must not be written into any more. */
  taken(): void {
    this.#last = undefined;
  }
}

/** Whether the numbers from `first` on are as long as those that are there. */
function fits({ numbered, numberBytes }: Joined, first: number): boolean {
  return numberBytes !== undefined && numberBytes === sameNumberBytes(numbered, first);
}

/** The length of all numbers from `first` on, unless they differ. Longer numbers never precede shorter ones. */
export function sameNumberBytes(numbered: readonly UnnumberedFrame[], first: number): number | undefined {
  const [lead] = numbered;
  if (lead === undefined) return undefined;
  const bytes = lead.numberBytes(first);
  return bytes === lead.numberBytes(first + numbered.length - 1) ? bytes : undefined;
}

function writeNumbers(joined: Joined, first: number): void {
  const { buffer, numbered, places, numberBytes = 0 } = joined;
  // All are of one kind, and each kind knows a quick way for many.
  numbered[0]?.writeNumbers(buffer, places, numberBytes, first, joined.first);
  joined.first = first;
}

function join(frames: readonly Frame[], first: number): Joined | undefined {
  const numbered = frames.filter((frame) => frame instanceof UnnumberedFrame);
  let next = first;
  const whole = frames.map((frame) => (frame instanceof UnnumberedFrame ? new NumberedFrame(frame, next++) : frame));
  const bytes = whole.reduce((sum, frame) => sum + headerBytes(frameBytes(frame)) + frameBytes(frame), 0);
  if (bytes > joinedBytesMax) return undefined;
  const buffer = Buffer.allocUnsafe(bytes);
  const places: number[] = [];
  let at = 0;
  whole.forEach((frame, index) => {
    at += frameHeader(frameBytes(frame), frame.binary).copy(buffer, at);
    if (frame instanceof NumberedFrame) {
      frame.writeHead(buffer, at);
      at += frame.headBytes;
      // The number is what the head ends with.
      if (frame !== frames[index]) places.push(at - frame.shared.numberBytes(frame.sequenceId));
    } else if (frame.head !== undefined) {
      buffer.set(frame.head, at);
      at += frame.head.length;
    }
    buffer.set(frame.body, at);
    at += frame.body.length;
  });
  return { frames, buffer, numbered, places, numberBytes: sameNumberBytes(numbered, first), first };
}
