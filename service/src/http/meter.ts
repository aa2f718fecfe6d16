import { frameBytes } from "../core/message.ts";
import { numbered, UnnumberedFrame } from "../core/numbered-frame.ts";
import type { Frame } from "../core/ports.ts";
import type { LogLine } from "../log.ts";
import { sameNumberBytes } from "./batcher.ts";
import { type Format, isAck } from "./peek.ts";

/** Azure bills what goes out in units of this size. */
const unitBytes = 2 * 1024;

/** Counts since the service started. Counting costs a few additions per frame; nothing is kept per connection. */
export class Meter {
  messagesIn = 0;
  bytesIn = 0;
  messagesOut = 0;
  bytesOut = 0;
  /** Each outgoing message rounded up to whole units. The other rule, all bytes / 2 KB, follows from `bytesOut`. */
  unitsRounded = 0;
  acks = 0;
  connects = 0;
  disconnects = 0;
  recoveries = 0;
  recoveriesRefused = 0;
  slowClients = 0;
  upgradesRefused = 0;
  readonly calls: Map<number, number> = new Map();
  #batch: Batch = countBatch([], "plain");

  received(bytes: number): void {
    this.messagesIn += 1;
    this.bytesIn += bytes;
  }

  /** Members of a group mostly get the same batch one after the other: it is counted once and added often. */
  sent(frames: readonly Frame[], format: Format): void {
    if (this.#batch.frames !== frames || this.#batch.format !== format) this.#batch = countBatch(frames, format);
    this.#add(this.#batch);
  }

  /** The same for frames that get numbers from `first` on: how long these are is a part of it. */
  sentNumbered(frames: readonly Frame[], first: number, format: Format): void {
    const { frames: last, unnumbered, numberBytes } = this.#batch;
    const known = last === frames && numberBytes !== undefined && numberBytes === sameNumberBytes(unnumbered, first);
    if (!known) this.#batch = countNumbered(frames, first, format);
    this.#add(this.#batch);
  }

  #add({ frames, bytes, units, acks }: Batch): void {
    this.messagesOut += frames.length;
    this.bytesOut += bytes;
    this.unitsRounded += units;
    this.acks += acks;
  }

  called(status: number): void {
    this.calls.set(status, (this.calls.get(status) ?? 0) + 1);
  }

  note(event: LogLine): void {
    switch (event.type) {
      case "connected":
        this.connects += 1;
        break;
      case "disconnected":
        this.disconnects += 1;
        if (event.reason === "SlowClient") this.slowClients += 1;
        break;
      case "recovered":
        this.recoveries += 1;
        break;
      case "recovery-refused":
        this.recoveriesRefused += 1;
        break;
      case "upgrade-refused":
        this.upgradesRefused += 1;
        break;
      default:
        break;
    }
  }

  /** All bytes in units, as the documentation reckons: bytes out / 2 KB. */
  get unitsSummed(): number {
    return this.bytesOut / unitBytes;
  }
}

interface Batch {
  readonly frames: readonly Frame[];
  readonly format: Format;
  readonly bytes: number;
  readonly units: number;
  readonly acks: number;
  /** Those that got numbers, and how long these are unless they differ. */
  readonly unnumbered: readonly UnnumberedFrame[];
  readonly numberBytes: number | undefined;
}

function countBatch(frames: readonly Frame[], format: Format): Batch {
  let bytes = 0;
  let units = 0;
  let acks = 0;
  for (const frame of frames) {
    const size = frameBytes(frame);
    bytes += size;
    units += Math.ceil(size / unitBytes);
    if (isAck(frame, format)) acks += 1;
  }
  return { frames, format, bytes, units, acks, unnumbered: [], numberBytes: undefined };
}

function countNumbered(frames: readonly Frame[], first: number, format: Format): Batch {
  const unnumbered = frames.filter((frame) => frame instanceof UnnumberedFrame);
  const counted = countBatch(numbered(frames, first), format);
  return { ...counted, frames, unnumbered, numberBytes: sameNumberBytes(unnumbered, first) };
}
