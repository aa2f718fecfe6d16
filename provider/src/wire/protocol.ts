import type { WebPubSubClientProtocol, WebPubSubMessage } from "@azure/web-pubsub-client";
import { decodeDownstream } from "./downstream.ts";
import { encodeUpstream } from "./upstream.ts";

export interface ProtobufProtocolOptions {
  /** Told why a frame of the service was ignored: a short word like `unexpected-end`. Must not throw. Default: nobody. */
  readonly onIgnored?: (problem: string) => void;
}

/**
 * `protobuf.webpubsub.azure.v1` for the official client: `new WebPubSubClient(credential, { protocol: WebPubSubProtobufProtocol() })`.
 *
 * A frame that cannot be read is ignored (`parseMessages` answers null, the client's word for "not recognised") and told
 * to `onIgnored`; it never throws. `writeMessage` throws a TypeError for data that does not fit its type and for streams,
 * invocations and group state, which have no public protobuf form. `fromUserId` of a group message is always empty and
 * metadata is not shown: the subprotocol does not carry the one and the client has no place for the other.
 */
export function WebPubSubProtobufProtocol(options: ProtobufProtocolOptions = {}): WebPubSubClientProtocol {
  return protobufProtocol("protobuf.webpubsub.azure.v1", false, options);
}

/** `protobuf.reliable.webpubsub.azure.v1`: the same with sequence ids and recovery. */
export function WebPubSubProtobufReliableProtocol(options: ProtobufProtocolOptions = {}): WebPubSubClientProtocol {
  return protobufProtocol("protobuf.reliable.webpubsub.azure.v1", true, options);
}

function protobufProtocol(
  name: string,
  isReliableSubProtocol: boolean,
  options: ProtobufProtocolOptions,
): WebPubSubClientProtocol {
  const ignore = (problem: string): null => {
    options.onIgnored?.(problem);
    return null;
  };
  return {
    name,
    isReliableSubProtocol,
    parseMessages(input: string | ArrayBuffer | Uint8Array): WebPubSubMessage | null {
      if (typeof input === "string") return ignore("text-frame");
      const bytes = ArrayBuffer.isView(input)
        ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
        : new Uint8Array(input);
      const decoded = decodeDownstream(bytes);
      return decoded.ok ? decoded.value : ignore(decoded.problem);
    },
    writeMessage: encodeUpstream,
  };
}
