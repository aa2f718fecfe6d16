import type { Faults, Subject } from "../core/faults.ts";
import { FaultyLine } from "../core/faulty-line.ts";
import type { Link } from "../core/link.ts";
import { frameBytes } from "../core/message.ts";
import type { Cancel, Clock, Frame, Sink } from "../core/ports.ts";
import type { Meter } from "./meter.ts";
import { type Format, formatOf, groupOf } from "./peek.ts";
import type { Tail } from "./tail.ts";

export interface LineHost {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly meter: Meter;
  readonly tail: Tail;
}

type Received = string | Buffer;

/** Held back by faults: so much is the network's; more counts as a client that is behind. */
const delayedBytesMax = 4 * 1024 * 1024;

/**
 * What stands between one socket and its hub: counts, shows frames to the live page while somebody looks, and lets
 * faults happen while a rule is set. Without either it adds two comparisons to a write.
 */
export class Line implements Sink {
  readonly #host: LineHost;
  readonly #sink: Sink;
  #link: Link | undefined;
  #format: Format = "plain";
  #faulty: FaultyPair | undefined;

  constructor(host: LineHost, sink: Sink) {
    this.#host = host;
    this.#sink = sink;
  }

  get queuedBytes(): number {
    return this.#sink.queuedBytes + (this.#faulty?.queuedBytes ?? 0);
  }

  /** From now on frames have a connection. */
  tie(link: Link | undefined): void {
    this.#link = link;
    if (link !== undefined) this.#format = formatOf(link.connection.identity.codec.subprotocol);
  }

  write(frames: readonly Frame[]): void {
    const faulty = this.#faultsFor(this.#link);
    if (faulty === undefined) this.#send(frames);
    else faulty.write(frames);
  }

  receive(data: Received): void {
    const link = this.#link;
    if (link === undefined) return;
    const { meter, tail } = this.#host;
    meter.received(typeof data === "string" ? Buffer.byteLength(data, "utf8") : data.length);
    if (tail.watched) tail.received(link.connection, data);
    const faulty = this.#faultsFor(link);
    if (faulty === undefined) link.receive(data);
    else faulty.receive(data);
  }

  close(code: number, reason: string): void {
    if (this.#faulty === undefined) this.#sink.close(code, reason);
    else this.#faulty.close(code, reason);
  }

  abort(): void {
    this.ended();
    this.#sink.abort();
  }

  /** The socket is gone: nothing that is held can arrive any more. */
  ended(): void {
    this.#faulty?.end();
  }

  #send(frames: readonly Frame[]): void {
    const { meter, tail } = this.#host;
    meter.sent(frames, this.#format);
    if (tail.watched && this.#link !== undefined) tail.sent(this.#link.connection, frames, this.#format);
    this.#sink.write(frames);
  }

  /** Once a rule has touched a line, the line stays: what it holds must not be overtaken by forgetting it. */
  #faultsFor(link: Link | undefined): FaultyPair | undefined {
    if (this.#faulty !== undefined || link === undefined || !this.#host.faults.active) return this.#faulty;
    this.#faulty = new FaultyPair(this.#host, link, this.#format, this.#sink, (frames) => this.#send(frames));
    return this.#faulty;
  }
}

/** Both directions of one transport under faults. */
class FaultyPair {
  readonly #host: LineHost;
  readonly #sink: Sink;
  readonly #out: FaultyLine<Frame>;
  readonly #in: FaultyLine<Received>;
  readonly #link: Link;
  readonly #format: Format;
  readonly #stop: Cancel;

  constructor(host: LineHost, link: Link, format: Format, sink: Sink, send: (frames: readonly Frame[]) => void) {
    const { clock, faults } = host;
    this.#host = host;
    this.#sink = sink;
    this.#link = link;
    this.#format = format;
    const cut = () => {
      this.end();
      sink.abort();
    };
    this.#out = new FaultyLine({
      clock,
      cut,
      bytes: frameBytes,
      deliver: send,
      caughtUp: () => link.writable(),
    });
    this.#in = new FaultyLine<Received>({
      clock,
      cut,
      bytes: (data) => data.length,
      deliver: (items) => {
        for (const data of items) link.receive(data);
      },
    });
    this.#stop = faults.onRemoved((id) => {
      this.#out.release(id);
      this.#in.release(id);
    });
  }

  get queuedBytes(): number {
    return this.#out.slowBytes + Math.max(0, this.#out.delayedBytes - delayedBytesMax);
  }

  write(frames: readonly Frame[]): void {
    this.#out.offer(frames, (frame) =>
      this.#host.faults.fate(this.#subject("out", () => groupOf(frame, this.#format))),
    );
  }

  receive(data: Received): void {
    this.#in.offer([data], () => this.#host.faults.fate(this.#subject("in", () => this.#groupAsked(data))));
    // Nobody tells a client over a WebSocket to wait: one that sends more than a line holds loses the line.
    if (this.#in.delayedBytes <= delayedBytesMax) return;
    this.end();
    this.#sink.abort();
  }

  close(code: number, reason: string): void {
    this.#in.clear();
    this.#out.hurry();
    this.#stop();
    this.#sink.close(code, reason);
  }

  end(): void {
    this.#stop();
    this.#in.clear();
    this.#out.clear();
  }

  #subject(direction: "in" | "out", group: () => string | undefined): Subject {
    const { hubName, connection } = this.#link;
    return { hub: hubName, connectionId: connection.id, userId: connection.identity.userId, direction, group };
  }

  #groupAsked(data: Received): string | undefined {
    const { codec, plainMode } = this.#link.connection.identity;
    const decoded = codec.decode(data);
    if (!decoded.ok) return undefined;
    if (decoded.message.type === "plain") return plainMode.mode === "sendToGroup" ? plainMode.group : undefined;
    return "group" in decoded.message ? decoded.message.group : undefined;
  }
}
