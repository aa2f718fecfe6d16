import type { SendToGroupMessage, WebPubSubMessage } from "@azure/web-pubsub-client";
import { MessageWriter } from "./message-writer.ts";
import { writePayload } from "./payload.ts";

/**
 * UpstreamMessage: send_to_group 1, event 5, join_group 6, leave_group 7, sequence_ack 8, ping 9. Throws a TypeError,
 * which the official client hands to whoever sends, for what has no protobuf form and for data that does not fit its type.
 */
export function encodeUpstream(message: WebPubSubMessage): ArrayBuffer {
  const upstream = new MessageWriter();
  switch (message.kind) {
    case "sendToGroup":
      return upstream.message(1, sendToGroup(message)).finish();
    case "sendEvent": {
      const event = new MessageWriter().text(1, message.event).message(2, writePayload(message.dataType, message.data));
      return upstream.message(5, withAck(event, 3, message.ackId)).finish();
    }
    case "joinGroup":
      return upstream.message(6, withAck(new MessageWriter().text(1, message.group), 2, message.ackId)).finish();
    case "leaveGroup":
      return upstream.message(7, withAck(new MessageWriter().text(1, message.group), 2, message.ackId)).finish();
    case "sequenceAck":
      return upstream.message(8, new MessageWriter().uint(1, message.sequenceId)).finish();
    case "ping":
      return upstream.message(9, new MessageWriter()).finish();
    default:
      // Streams, invocations and group state: their field numbers are in no public source.
      throw new TypeError(`A message of kind "${message.kind}" has no protobuf form. Use a JSON subprotocol for it.`);
  }
}

/** SendToGroupMessage: group 1, ack_id 2, data 3, no_echo 4 (absent means false). */
function sendToGroup(message: SendToGroupMessage): MessageWriter {
  if (message.stream != null) throw new TypeError("Streams have no protobuf form. Use a JSON subprotocol for them.");
  if (message.dataType == null || message.data == null) {
    throw new TypeError("A message to a group needs both dataType and data.");
  }
  const writer = withAck(new MessageWriter().text(1, message.group), 2, message.ackId);
  writer.message(3, writePayload(message.dataType, message.data));
  return message.noEcho ? writer.bool(4, true) : writer;
}

function withAck(writer: MessageWriter, field: number, ackId: number | undefined): MessageWriter {
  return ackId == null ? writer : writer.uint(field, ackId);
}
