import type {
  AckMessage,
  ConnectedMessage,
  DisconnectedMessage,
  GroupDataMessage,
  ServerDataMessage,
  WebPubSubMessage,
} from "@azure/web-pubsub-client";
import type { Decoded } from "../core/ports.ts";
import { MessageReader } from "./message-reader.ts";
import { type Payload, readPayload } from "./payload.ts";

/** DownstreamMessage: ack 1, data 2, system 3, pong 4; the last one written counts. Fields nobody knows are skipped. */
export function decodeDownstream(bytes: Uint8Array): Decoded<WebPubSubMessage> {
  const reader = new MessageReader(bytes);
  let message: WebPubSubMessage | null = null;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        message = reader.message(() => readAck(reader));
        break;
      case 0x12:
        message = reader.message(() => readData(reader));
        break;
      case 0x1a:
        message = reader.message(() => readSystem(reader));
        break;
      case 0x22:
        message = reader.message(() => readPong(reader));
        break;
      default:
        reader.skip(tag);
    }
  }
  if (reader.problem !== null) return { ok: false, problem: reader.problem };
  return message === null ? { ok: false, problem: "unknown-message" } : { ok: true, value: message };
}

/** AckMessage: ack_id 1, success 2, error 3. What proto3 leaves out is zero and false. */
function readAck(reader: MessageReader): AckMessage {
  const ack: AckMessage = { kind: "ack", ackId: 0, success: false };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x08:
        ack.ackId = reader.uint();
        break;
      case 0x10:
        ack.success = reader.bool();
        break;
      case 0x1a:
        ack.error = reader.message(() => readError(reader));
        break;
      default:
        reader.skip(tag);
    }
  }
  return ack;
}

/** ErrorMessage: name 1, message 2. */
function readError(reader: MessageReader): { name: string; message: string } {
  const error = { name: "", message: "" };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        error.name = reader.text();
        break;
      case 0x12:
        error.message = reader.text();
        break;
      default:
        reader.skip(tag);
    }
  }
  return error;
}

/** DataMessage: from 1, group 2, data 3, sequence_id 4; metadata 5 has no place in the official client. */
function readData(reader: MessageReader): GroupDataMessage | ServerDataMessage | null {
  let from = "";
  let group: string | null = null;
  let payload: Payload | null = null;
  let sequenceId: number | null = null;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        from = reader.text();
        break;
      case 0x12:
        group = reader.text();
        break;
      case 0x1a:
        payload = reader.message(() => readPayload(reader));
        break;
      case 0x20:
        sequenceId = reader.uint();
        break;
      default:
        reader.skip(tag);
    }
  }
  if (payload === null) return null;
  const rest = { ...payload, ...(sequenceId === null ? {} : { sequenceId }) };
  if (from === "server") return { kind: "serverData", ...rest };
  // The subprotocol does not say who sent; the official client's type asks for a string.
  return from === "group" && group !== null ? { kind: "groupData", group, fromUserId: "", ...rest } : null;
}

/** SystemMessage: connected 1, disconnected 2; the last one written counts. */
function readSystem(reader: MessageReader): ConnectedMessage | DisconnectedMessage | null {
  let message: ConnectedMessage | DisconnectedMessage | null = null;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        message = reader.message(() => readConnected(reader));
        break;
      case 0x12:
        message = reader.message(() => readDisconnected(reader));
        break;
      default:
        reader.skip(tag);
    }
  }
  return message;
}

/** ConnectedMessage: connection_id 1, user_id 2, reconnection_token 3. The client takes an empty token as none. */
function readConnected(reader: MessageReader): ConnectedMessage {
  const message: ConnectedMessage = { kind: "connected", connectionId: "", userId: "", reconnectionToken: "" };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        message.connectionId = reader.text();
        break;
      case 0x12:
        message.userId = reader.text();
        break;
      case 0x1a:
        message.reconnectionToken = reader.text();
        break;
      default:
        reader.skip(tag);
    }
  }
  return message;
}

/** DisconnectedMessage: reason 2; there is no field 1. */
function readDisconnected(reader: MessageReader): DisconnectedMessage {
  const message: DisconnectedMessage = { kind: "disconnected", message: "" };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === 0x12) message.message = reader.text();
    else reader.skip(tag);
  }
  return message;
}

function readPong(reader: MessageReader): WebPubSubMessage {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) reader.skip(tag);
  return { kind: "pong" };
}
