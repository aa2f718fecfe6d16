import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import { Message } from "./message.ts";
import type { Cancel, ControlMessage, Payload, StreamError, StreamPart, StreamStart, UserError } from "./ports.ts";
import { publishProblem } from "./requests.ts";

/** One stream from one connection to one group. It lives as long as its connection, over recoveries. */
interface Stream {
  readonly start: StreamStart;
  /** The number that the next part must have. */
  expected: number;
  heardAt: number;
  stopWatching: Cancel;
}

const noData: Payload = { dataType: "text", literal: '""' };

/** The streams that one connection has open. Each part is an ordinary message to the members of its group. */
export class Streams {
  readonly #hub: Hub;
  readonly #connection: Connection;
  readonly #open: Map<string, Stream> = new Map();

  constructor(hub: Hub, connection: Connection) {
    this.#hub = hub;
    this.#connection = connection;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Accepted: the first part is expected. The same start once more is answered with what is expected by now. */
  start(start: StreamStart): void {
    const { streamId, group } = start;
    const known = this.#open.get(streamId);
    if (known !== undefined && known.start.group !== group) {
      this.#refuse(streamId, "BadRequest", "The id belongs to a stream to another group.");
    } else if (known !== undefined) {
      this.#acknowledge(known);
    } else {
      this.#begin(start);
    }
  }

  data(streamId: string, sequenceId: number, payload: Payload): void {
    const stream = this.#heard(streamId);
    if (stream === undefined) return;
    const { expected } = stream;
    if (sequenceId > expected) {
      this.#say({ type: "streamNack", streamId, expectedSequenceId: expected });
    } else if (sequenceId === expected) {
      if (!this.#mayPublish(stream)) return;
      stream.expected += 1;
      this.#publish(stream, payload, { streamId, streamSequenceId: sequenceId });
      this.#acknowledge(stream);
    } else {
      this.#acknowledge(stream);
    }
  }

  /** Nothing to say, but the stream goes on. */
  alive(streamId: string): void {
    this.#heard(streamId);
  }

  end(streamId: string, error: UserError | undefined): void {
    const stream = this.#heard(streamId);
    if (stream === undefined) return;
    this.#finish(stream, error === undefined ? undefined : { name: "UserError", ...told(error) });
    this.#say({ type: "streamClosed", streamId, error: undefined });
  }

  /** The connection has ended for good. */
  abandon(): void {
    for (const stream of [...this.#open.values()]) {
      this.#finish(stream, { name: "Cancelled", message: "The connection of the sender has ended." });
    }
  }

  #begin(start: StreamStart): void {
    const { streamId, group } = start;
    const problem = publishProblem(this.#hub, this.#connection, group);
    const { streamsPerConnectionMax } = this.#hub.limits;
    if (problem !== undefined) {
      this.#refuse(streamId, problem.name === "Forbidden" ? "Forbidden" : "BadRequest", problem.message);
    } else if (this.#open.size >= streamsPerConnectionMax) {
      this.#refuse(streamId, "BadRequest", `The connection has ${streamsPerConnectionMax} streams open already.`);
    } else {
      const stream: Stream = { start, expected: 1, heardAt: this.#hub.clock.now(), stopWatching: () => undefined };
      this.#open.set(streamId, stream);
      this.#watch(stream);
      this.#acknowledge(stream);
    }
  }

  #heard(streamId: string): Stream | undefined {
    const stream = this.#open.get(streamId);
    if (stream === undefined) this.#refuse(streamId, "StreamNotFound", "There is no such stream.");
    else stream.heardAt = this.#hub.clock.now();
    return stream;
  }

  /** A permission may have been taken away since the start. */
  #mayPublish(stream: Stream): boolean {
    const { streamId, group } = stream.start;
    const problem = publishProblem(this.#hub, this.#connection, group);
    if (problem === undefined) return true;
    this.#finish(stream, { name: "Forbidden", message: problem.message });
    this.#refuse(streamId, "Forbidden", problem.message);
    return false;
  }

  #watch(stream: Stream): void {
    const { streamId, idleTimeoutMs = this.#hub.limits.streamIdleMs } = stream.start;
    const idleMs = this.#hub.clock.now() - stream.heardAt;
    if (idleMs < idleTimeoutMs) {
      stream.stopWatching = this.#hub.clock.after(idleTimeoutMs - idleMs, () => this.#watch(stream));
      return;
    }
    const message = `Nothing was heard for ${idleTimeoutMs} ms.`;
    this.#finish(stream, { name: "IdleTimeout", message });
    this.#refuse(streamId, "IdleTimeout", message);
  }

  #finish(stream: Stream, error: StreamPart["error"]): void {
    const { streamId } = stream.start;
    this.#open.delete(streamId);
    stream.stopWatching();
    const part: StreamPart = { streamId, streamSequenceId: stream.expected, endOfStream: true };
    this.#publish(stream, noData, error === undefined ? part : { ...part, error });
  }

  #publish({ start }: Stream, payload: Payload, stream: StreamPart): void {
    const { userId } = this.#connection.identity;
    const message = new Message({ from: "group", group: start.group, fromUserId: userId, stream }, payload);
    for (const member of this.#hub.groups.find(start.group)?.members ?? []) {
      if (start.noEcho && member === this.#connection) continue;
      // An end without data means nothing to whoever is not told that it is one.
      if (stream.endOfStream === true && member.identity.codec.tellsStreams !== true) continue;
      member.deliver(message);
    }
  }

  #acknowledge({ start, expected }: Stream): void {
    this.#say({ type: "streamAck", streamId: start.streamId, expectedSequenceId: expected });
  }

  #refuse(streamId: string, name: StreamError["name"], message: string): void {
    this.#say({ type: "streamClosed", streamId, error: { name, message } });
  }

  #say(message: ControlMessage): void {
    this.#connection.say(message);
  }
}

function told({ message, userErrorCode }: UserError): { message?: string; userErrorCode?: string | number } {
  return {
    ...(message === undefined ? {} : { message }),
    ...(userErrorCode === undefined ? {} : { userErrorCode }),
  };
}
