import type { Message } from "../core/message.ts";
import { ownBytes } from "../core/payload.ts";
import type { Codec, Frame } from "../core/ports.ts";

/**
 * A WebSocket client without a subprotocol of the service: a frame is a payload and nothing else. It is told neither of
 * its connection nor of failures; metadata is lost on the way to it.
 */
export const plain: Codec = {
  subprotocol: "",
  reliable: false,
  closesOnFailedEvent: true,
  decode: (data) => ({
    ok: true,
    message: {
      type: "plain",
      payload:
        typeof data === "string"
          ? { dataType: "text", bytes: Buffer.from(data, "utf8") }
          : { dataType: "binary", bytes: ownBytes(data) },
    },
  }),
  control: () => undefined,
  data: plainFrame,
  sequenced: (data) => data,
};

/** JSON exactly as it was sent; a protobuf message as its serialised bytes. */
function plainFrame({ source, payload, bytes }: Message): Frame {
  const binary = payload.dataType === "binary" || payload.dataType === "protobuf";
  return { head: undefined, body: bytes, binary, ...(source.from === "group" ? { group: source.group } : {}) };
}
