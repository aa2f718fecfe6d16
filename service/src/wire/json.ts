import { unreachable } from "../core/assert.ts";
import type { Message } from "../core/message.ts";
import type { Metadata } from "../core/metadata.ts";
import { NumberedFrame } from "../core/numbered-frame.ts";
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
  sequenced: (data, sequenceId) => new NumberedJson(data, sequenceId),
};

const headStart = Buffer.from('{"sequenceId":', "latin1");
const digitZero = 0x30;

class NumberedJson extends NumberedFrame {
  constructor(shared: Frame, sequenceId: number) {
    super(shared, sequenceId, headStart.length + digits(sequenceId));
  }

  override writeHead(target: Uint8Array, at: number): void {
    target.set(headStart, at);
    this.rewriteHead(target, at);
  }

  override rewriteHead(target: Uint8Array, at: number): void {
    const start = at + headStart.length;
    let rest = this.sequenceId;
    for (let i = at + this.headBytes - 1; i >= start; i--) {
      const tens = Math.floor(rest / 10);
      target[i] = digitZero + rest - tens * 10;
      rest = tens;
    }
  }
}

/** Decimal digits of a positive whole number. */
function digits(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

/** The text of a frame, for tests and simulations. */
export function frameText(frame: Frame): string {
  const parts = frame.head === undefined ? [frame.body] : [frame.head, frame.body];
  return Buffer.concat(parts).toString("utf8");
}

function dataMembers(message: Message): string {
  const { source, payload } = message;
  const metadata = payload.metadata === undefined ? "" : `,"metadata":${metadataText(payload.metadata)}`;
  const data = `"dataType":"${payload.dataType}","data":${message.literal}${metadata}`;
  if (source.from === "server") return `"type":"message","from":"server",${data}`;
  const user = source.fromUserId === undefined ? "" : `"fromUserId":${JSON.stringify(source.fromUserId)},`;
  return `"type":"message","from":"group","group":${JSON.stringify(source.group)},${user}${data}`;
}

/** Not through an object: a key may be `__proto__`. */
function metadataText(metadata: Metadata): string {
  const members = Array.from(metadata, ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${members.join(",")}}`;
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
