import { NumberedFrame } from "./numbered-frame.ts";
import { bytesOf, literalOf, type Payload } from "./payload.ts";
import type { Codec, Frame, StreamPart } from "./ports.ts";

/** `fromUserId` is what the service knows, never what the sender claims. */
export type Source =
  | { readonly from: "server" }
  | {
      readonly from: "group";
      readonly group: string;
      readonly fromUserId: string | undefined;
      /** Of a message that is a part of a stream. */
      readonly stream?: StreamPart;
    };

/** The part of a codec that a message needs: formats are compared by identity. */
export type Encoding = Pick<Codec, "data">;

/** One publish, shared by all members, rings and retries; encoded once per wire format, on first use. */
export class Message {
  readonly source: Source;
  readonly payload: Payload;
  /** On the hub's clock. From then on nobody gets the message any more, whoever waits for it. */
  readonly expiresAt: number | undefined;
  /** What the sender asked for; `expiresAt` follows from it. */
  readonly ttlSeconds: number | undefined;
  /** The format asked for last: members of a group mostly speak the same one. */
  #codec: Encoding | undefined;
  #frame: Frame | undefined;
  #others: Map<Encoding, Frame> | undefined;
  #literal: string | undefined;
  #bytes: Uint8Array | undefined;

  constructor(source: Source, payload: Payload, expiresAt?: number, ttlSeconds?: number) {
    this.source = source;
    this.payload = payload;
    this.expiresAt = expiresAt;
    this.ttlSeconds = ttlSeconds;
  }

  /** The data as a JSON literal, for JSON frames. Worked out at most once. */
  get literal(): string {
    this.#literal ??= literalOf(this.payload);
    return this.#literal;
  }

  /** The data as bytes, for protobuf and plain frames. Worked out at most once. */
  get bytes(): Uint8Array {
    this.#bytes ??= bytesOf(this.payload);
    return this.#bytes;
  }

  expired(now: number): boolean {
    return this.expiresAt !== undefined && this.expiresAt <= now;
  }

  frameFor(codec: Encoding): Frame {
    if (this.#codec === codec && this.#frame !== undefined) return this.#frame;
    const frame = this.#others?.get(codec) ?? codec.data(this);
    if (this.#codec !== undefined && this.#frame !== undefined) {
      this.#others ??= new Map();
      this.#others.set(this.#codec, this.#frame);
    }
    this.#codec = codec;
    this.#frame = frame;
    return frame;
  }
}

/** Without the number of one that is still to get it. */
export function frameBytes(frame: Frame): number {
  if (frame instanceof NumberedFrame) return frame.headBytes + frame.body.length;
  return (frame.head?.length ?? 0) + frame.body.length;
}
