import { unreachable } from "../core/assert.ts";
import type { Message } from "../core/message.ts";
import type { AckError, Codec, ControlMessage, Frame } from "../core/ports.ts";
import { decodeJson } from "./json-decode.ts";

/** `json.webpubsub.azure.v1`. Key order and the absence of blanks are part of the format: Microsoft's tests compare text. */
export const json: Codec = {
  subprotocol: "json.webpubsub.azure.v1",
  reliable: false,
  decode: decodeJson,
  control: (message) => textFrame(controlText(message)),
  data: (message) => textFrame(`{${dataMembers(message)}}`),
  sequenced: (data) => data,
};

/** `json.reliable.webpubsub.azure.v1`: `sequenceId` comes first, so that all members share the rest of the bytes. */
export const jsonReliable: Codec = {
  subprotocol: "json.reliable.webpubsub.azure.v1",
  reliable: true,
  decode: decodeJson,
  control: json.control,
  data: (message) => textFrame(`,${dataMembers(message)}}`),
  sequenced: (data, sequenceId) => ({
    head: Buffer.from(`{"sequenceId":${sequenceId}`, "latin1"),
    body: data.body,
    binary: false,
  }),
};

/** The text of a frame, for tests and simulations. */
export function frameText(frame: Frame): string {
  const parts = frame.head === undefined ? [frame.body] : [frame.head, frame.body];
  return Buffer.concat(parts).toString("utf8");
}

function dataMembers({ source, payload }: Message): string {
  const data = `"dataType":"${payload.dataType}","data":${payload.literal}`;
  if (source.from === "server") return `"type":"message","from":"server",${data}`;
  const user = source.fromUserId === undefined ? "" : `"fromUserId":${JSON.stringify(source.fromUserId)},`;
  return `"type":"message","from":"group","group":${JSON.stringify(source.group)},${user}${data}`;
}

function controlText(message: ControlMessage): string {
  switch (message.type) {
    case "connected": {
      const { userId, connectionId, reconnectionToken } = message;
      return JSON.stringify({ type: "system", event: "connected", userId, connectionId, reconnectionToken });
    }
    case "disconnected":
      return JSON.stringify({ type: "system", event: "disconnected", message: message.message });
    case "ack":
      return message.error === undefined
        ? `{"type":"ack","ackId":${message.ackId},"success":true}`
        : `{"type":"ack","ackId":${message.ackId},"success":false,"error":${errorText(message.error)}}`;
    case "pong":
      return '{"type":"pong"}';
    case "streamClosed":
      return `{"type":"streamClosed","streamId":${JSON.stringify(message.streamId)},"error":${errorText(message.error)}}`;
    case "invokeFailed":
      return `{"type":"invokeResponse","invocationId":${JSON.stringify(message.invocationId)},"success":false,"error":${errorText(message.error)}}`;
    default:
      throw unreachable(message);
  }
}

function errorText({ name, message }: AckError): string {
  return JSON.stringify({ name, message });
}

function textFrame(text: string): Frame {
  return { head: undefined, body: Buffer.from(text, "utf8"), binary: false };
}
