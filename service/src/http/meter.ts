import { frameBytes } from "../core/message.ts";
import { NumberedFrame } from "../core/numbered-frame.ts";
import type { Frame } from "../core/ports.ts";
import type { LogLine } from "../log.ts";
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
    this.messagesOut += frames.length;
    this.bytesOut += this.#batch.bytes;
    this.unitsRounded += this.#batch.units;
    this.acks += this.#batch.acks;
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
}

function countBatch(frames: readonly Frame[], format: Format): Batch {
  let bytes = 0;
  let units = 0;
  let acks = 0;
  for (const frame of frames) {
    const size = frameBytes(frame);
    bytes += size;
    units += Math.ceil(size / unitBytes);
    // A numbered frame is a message; its head need not exist for this.
    if (!(frame instanceof NumberedFrame) && isAck(frame, format)) acks += 1;
  }
  return { frames, format, bytes, units, acks };
}
