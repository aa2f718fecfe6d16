import type { Codec, Frame, Payload } from "./ports.ts";

/** `fromUserId` is what the service knows, never what the sender claims. */
export type Source =
  | { readonly from: "server" }
  | { readonly from: "group"; readonly group: string; readonly fromUserId: string | undefined };

/** One publish, shared by all members, rings and retries; encoded once per wire format, on first use. */
export class Message {
  readonly source: Source;
  readonly payload: Payload;
  readonly #frames: Map<Codec, Frame> = new Map();

  constructor(source: Source, payload: Payload) {
    this.source = source;
    this.payload = payload;
  }

  frameFor(codec: Codec): Frame {
    const known = this.#frames.get(codec);
    if (known !== undefined) return known;
    const frame = codec.data(this);
    this.#frames.set(codec, frame);
    return frame;
  }
}

export function frameBytes(frame: Frame): number {
  return (frame.head?.length ?? 0) + frame.body.length;
}
