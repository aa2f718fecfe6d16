import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Connection } from "../core/connection.ts";
import type { Faults, Subject } from "../core/faults.ts";
import { FaultyLine } from "../core/faulty-line.ts";
import type { Inlet } from "../core/link.ts";
import { frameBytes } from "../core/message.ts";
import { numbered } from "../core/numbered-frame.ts";
import type { Cancel, Clock, Frame, Sink } from "../core/ports.ts";
import type { Batcher } from "./batcher.ts";
import type { Meter } from "./meter.ts";
import { type Format, formatOf, groupOf } from "./peek.ts";
import { SocketSink } from "./socket-sink.ts";
import type { Tail } from "./tail.ts";

export interface LineHost {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly meter: Meter;
  readonly tail: Tail;
  readonly batcher: Batcher;
}

type Received = string | Buffer;

/** Held back by faults: so much is the network's; more counts as a client that is behind. */
const delayedBytesMax = 4 * 1024 * 1024;

/**
 * What stands between one socket and its hub: counts, shows frames to the live page while somebody looks, and lets
 * faults happen while a rule is set. Without either it adds two comparisons to a write.
 */
export class Line extends SocketSink {
  readonly #host: LineHost;
  #link: Inlet | undefined;
  #format: Format = "plain";
  #faulty: FaultyPair | undefined;

  constructor(host: LineHost, ws: WebSocket, socket: Duplex) {
    super(ws, socket, host.batcher);
    this.#host = host;
  }

  /** What reads from it; undefined when the hub refused. */
  get link(): Inlet | undefined {
    return this.#link;
  }

  override get queuedBytes(): number {
    return this.#faulty === undefined ? super.queuedBytes : super.queuedBytes + this.#faulty.queuedBytes;
  }

  /** From now on frames have a connection. */
  tie(link: Inlet | undefined): void {
    this.#link = link;
    if (link !== undefined) this.#format = formatOf(link.connection?.identity.codec.subprotocol ?? "mqtt");
  }

  override write(frames: readonly Frame[]): void {
    const faulty = this.#faultsFor(this.#link);
    if (faulty === undefined) this.#send(frames);
    else faulty.write(frames);
  }

  override writeNumbered(frames: readonly Frame[], first: number): void {
    const { meter, tail } = this.#host;
    if (tail.watched || this.#faultsFor(this.#link) !== undefined) {
      this.write(numbered(frames, first));
    } else {
      meter.sentNumbered(frames, first, this.#format);
      super.writeNumbered(frames, first);
    }
  }

  /** `bytes` is the length of the frame. */
  receive(data: Received, bytes: number): void {
    const link = this.#link;
    if (link === undefined) return;
    const { meter, tail } = this.#host;
    meter.received(bytes);
    if (tail.watched && link.connection !== undefined) tail.received(link.connection, data);
    const faulty = this.#faultsFor(link);
    if (faulty === undefined) link.receive(data);
    else faulty.receive(data);
  }

  override close(code: number, reason: string): void {
    if (this.#faulty === undefined) super.close(code, reason);
    else this.#faulty.close(code, reason);
  }

  override abort(): void {
    this.ended();
    super.abort();
  }

  protected override drained(): void {
    this.#link?.writable();
  }

  /** The socket is gone: nothing that is held can arrive any more. */
  ended(): void {
    this.#faulty?.end();
  }

  #send(frames: readonly Frame[]): void {
    const { meter, tail } = this.#host;
    meter.sent(frames, this.#format);
    const connection = this.#link?.connection;
    if (tail.watched && connection !== undefined) tail.sent(connection, frames, this.#format);
    super.write(frames);
  }

  /** Once a rule has touched a line, the line stays: what it holds must not be overtaken by forgetting it. */
  #faultsFor(link: Inlet | undefined): FaultyPair | undefined {
    if (this.#faulty !== undefined || link === undefined || !this.#host.faults.active) return this.#faulty;
    if (link.connection === undefined) return undefined;
    const end: Ends = {
      close: (code, reason) => super.close(code, reason),
      abort: () => super.abort(),
    };
    this.#faulty = new FaultyPair(this.#host, link, link.connection, this.#format, end, (frames) => this.#send(frames));
    return this.#faulty;
  }
}

type Ends = Pick<Sink, "close" | "abort">;

/** Both directions of one transport under faults. */
class FaultyPair {
  readonly #host: LineHost;
  readonly #ends: Ends;
  readonly #out: FaultyLine<Frame>;
  readonly #in: FaultyLine<Received>;
  readonly #hubName: string;
  readonly #connection: Connection;
  readonly #format: Format;
  readonly #stop: Cancel;

  constructor(
    host: LineHost,
    link: Inlet,
    connection: Connection,
    format: Format,
    ends: Ends,
    send: (frames: readonly Frame[]) => void,
  ) {
    const { clock, faults } = host;
    this.#host = host;
    this.#ends = ends;
    this.#hubName = link.hubName;
    this.#connection = connection;
    this.#format = format;
    const cut = () => {
      this.end();
      ends.abort();
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
    this.#ends.abort();
  }

  close(code: number, reason: string): void {
    this.#in.clear();
    this.#out.hurry();
    this.#stop();
    this.#ends.close(code, reason);
  }

  end(): void {
    this.#stop();
    this.#in.clear();
    this.#out.clear();
  }

  #subject(direction: "in" | "out", group: () => string | undefined): Subject {
    const { id: connectionId, userId } = this.#connection.identity;
    return { hub: this.#hubName, connectionId, userId, direction, group };
  }

  #groupAsked(data: Received): string | undefined {
    const { codec, plainMode } = this.#connection.identity;
    const decoded = codec.decode(data);
    if (!decoded.ok) return undefined;
    if (decoded.message.type === "plain") return plainMode.mode === "sendToGroup" ? plainMode.group : undefined;
    return "group" in decoded.message ? decoded.message.group : undefined;
  }
}
