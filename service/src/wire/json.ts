import { unreachable } from "../core/assert.ts";
import type { Message } from "../core/message.ts";
import type { Metadata } from "../core/metadata.ts";
import { numberedFrame, UnnumberedFrame } from "../core/numbered-frame.ts";
import { literalOf } from "../core/payload.ts";
import type { AckError, Codec, ControlMessage, Frame, Payload } from "../core/ports.ts";
import { decodeJson } from "./json-decode.ts";

/** `json.webpubsub.azure.v1`. Key order and the absence of blanks are part of the format: Microsoft's tests compare text. */
export const json: Codec = {
  subprotocol: "json.webpubsub.azure.v1",
  reliable: false,
  tellsStreams: true,
  decode: decodeJson,
  control: (message) => textFrame(controlText(message)),
  data: (message) => textFrame(`{${dataMembers(message)}}`),
  sequenced: (data) => data,
};

/** `json.reliable.webpubsub.azure.v1`: `sequenceId` comes first, so that all members share the rest of the bytes. */
export const jsonReliable: Codec = {
  subprotocol: "json.reliable.webpubsub.azure.v1",
  reliable: true,
  tellsStreams: true,
  decode: decodeJson,
  control: json.control,
  data: (message) => new UnnumberedJson(Buffer.from(`,${dataMembers(message)}}`, "utf8"), false),
  sequenced: numberedFrame,
};

const headStart = Buffer.from('{"sequenceId":', "latin1");
const digitZero = 0x30;
const int32Max = 0x7fff_ffff;

class UnnumberedJson extends UnnumberedFrame {
  /** Decimal digits of a positive whole number. */
  override numberBytes(sequenceId: number): number {
    let count = 1;
    for (let bound = 10; sequenceId >= bound; bound *= 10) count += 1;
    return count;
  }

  override headBytes(numberBytes: number): number {
    return headStart.length + numberBytes;
  }

  override writeStart(target: Uint8Array, at: number): void {
    target.set(headStart, at);
  }

  override writeNumber(target: Uint8Array, at: number, numberBytes: number, sequenceId: number): void {
    let i = at + numberBytes - 1;
    let rest = sequenceId;
    // Whole numbers of 32 bits divide several times as fast.
    if (sequenceId <= int32Max) {
      for (let small = sequenceId | 0; i >= at; i--) {
        const tens = (small / 10) | 0;
        target[i] = digitZero + small - tens * 10;
        small = tens;
      }
    }
    for (; i >= at; i--) {
      const tens = Math.floor(rest / 10);
      target[i] = digitZero + rest - tens * 10;
      rest = tens;
    }
  }

  /** Members that have got about as much as the one before them differ in their last two digits. */
  override writeNumbers(
    target: Uint8Array,
    places: readonly number[],
    numberBytes: number,
    first: number,
    before: number,
  ): void {
    const quick = numberBytes > 2 && first + places.length <= int32Max && before + places.length <= int32Max;
    for (let at = 0; at < places.length; at++) {
      const place = places[at] ?? 0;
      const hundreds = ((first + at) / 100) | 0;
      if (!quick || hundreds !== (((before + at) / 100) | 0)) {
        this.writeNumber(target, place, numberBytes, first + at);
        continue;
      }
      const low = first + at - hundreds * 100;
      const tens = (low / 10) | 0;
      target[place + numberBytes - 2] = digitZero + tens;
      target[place + numberBytes - 1] = digitZero + low - tens * 10;
    }
  }
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
  const stream = source.stream === undefined ? "" : `"stream":${JSON.stringify(source.stream)},`;
  return `"type":"message","from":"group","group":${JSON.stringify(source.group)},${user}${stream}${data}`;
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
    case "streamAck": {
      const { type, streamId, expectedSequenceId } = message;
      return JSON.stringify({ type, streamId, expectedSequenceId });
    }
    case "streamNack": {
      const { type, streamId, expectedSequenceId } = message;
      return JSON.stringify({ type, streamId, name: "InvalidSequenceId", expectedSequenceId });
    }
    case "streamClosed":
      return JSON.stringify({ type: message.type, streamId: message.streamId, error: message.error });
    case "invoked":
      return invokedText(message.invocationId, message.reply);
    case "invokeFailed": {
      const { invocationId, error } = message;
      return JSON.stringify({ type: "invokeResponse", invocationId, success: false, error });
    }
    case "groupStateSnapshot":
    case "groupStateUpdate": {
      const items = message.items.map(({ state, ...item }) => ({
        ...item,
        ...(state === undefined ? {} : { state: Object.fromEntries(state) }),
      }));
      return JSON.stringify({ type: message.type, group: message.group, items });
    }
    default:
      throw unreachable(message);
  }
}

/** The data exactly as the handler wrote it. */
function invokedText(invocationId: string, reply: Payload | undefined): string {
  const start = `{"type":"invokeResponse","invocationId":${JSON.stringify(invocationId)},"success":true`;
  return reply === undefined ? `${start}}` : `${start},"dataType":"${reply.dataType}","data":${literalOf(reply)}}`;
}

function errorText({ name, message }: AckError): string {
  return JSON.stringify({ name, message });
}

function textFrame(text: string): Frame {
  return { head: undefined, body: Buffer.from(text, "utf8"), binary: false };
}
