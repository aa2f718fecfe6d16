import { unreachable } from "../core/assert.ts";
import type { Message } from "../core/message.ts";
import type { Metadata } from "../core/metadata.ts";
import { numberedFrame, UnnumberedFrame } from "../core/numbered-frame.ts";
import type { DataType } from "../core/payload.ts";
import type { AckError, AckId, Codec, ControlMessage, Frame } from "../core/ports.ts";
import { decodeProtobuf } from "./protobuf-decode.ts";
import {
  bytesField,
  fieldBytes,
  type Parts,
  tag,
  textField,
  varintField,
  varintLength,
  writeFieldHead,
  writeVarint,
} from "./protobuf-writer.ts";

/** Field numbers of `DownstreamMessage`, its members, and `MessageData`. */
const down = { ack: 1, data: 2, system: 3, pong: 4 } as const;
const dataMessage = { from: 1, group: 2, data: 3, sequenceId: 4, metadata: 5 } as const;
const messageData: Readonly<Record<DataType, number>> = { text: 1, binary: 2, protobuf: 3, json: 4 };

/** `protobuf.webpubsub.azure.v1`: binary frames, one `UpstreamMessage` or `DownstreamMessage` each. */
export const protobuf: Codec = {
  subprotocol: "protobuf.webpubsub.azure.v1",
  reliable: false,
  decode: decodeProtobuf,
  control: controlFrame,
  data: (message) => ({ head: undefined, body: dataBytes(message, "field"), binary: true }),
  sequenced: (data) => data,
};

/** `protobuf.reliable.webpubsub.azure.v1`: `sequence_id` comes first, so that all members share the rest of the bytes. */
export const protobufReliable: Codec = {
  subprotocol: "protobuf.reliable.webpubsub.azure.v1",
  reliable: true,
  decode: decodeProtobuf,
  control: controlFrame,
  data: (message) => new UnnumberedProtobuf(dataBytes(message, "message"), true),
  sequenced: numberedFrame,
};

/** Tag and length of the message, tag of the number, the number, then what is shared. */
class UnnumberedProtobuf extends UnnumberedFrame {
  override numberBytes(sequenceId: number): number {
    return varintLength(sequenceId);
  }

  override headBytes(numberBytes: number): number {
    return 1 + varintLength(this.#length(numberBytes)) + 1 + numberBytes;
  }

  override writeStart(target: Uint8Array, at: number, numberBytes: number): void {
    target[at] = tag(down.data, 2);
    const number = writeVarint(target, at + 1, this.#length(numberBytes));
    target[number] = tag(dataMessage.sequenceId, 0);
  }

  override writeNumber(target: Uint8Array, at: number, _numberBytes: number, sequenceId: number): void {
    writeVarint(target, at, sequenceId);
  }

  #length(numberBytes: number): number {
    return 1 + numberBytes + this.body.length;
  }
}

const from = {
  server: Buffer.concat(textField(dataMessage.from, "server")),
  group: Buffer.concat(textField(dataMessage.from, "group")),
} as const;

/**
 * A data message, alone or as a field of what is sent. Written at once, because no other is sent as often; the payload is
 * spliced in: when it came from a protobuf client these are its own bytes.
 */
function dataBytes({ source, payload, bytes }: Message, as: "message" | "field"): Buffer {
  const start = from[source.from];
  const group = source.from === "group" ? source.group : undefined;
  const groupBytes = group === undefined ? 0 : Buffer.byteLength(group, "utf8");
  const metadata = payload.metadata === undefined ? none : metadataBytes(payload.metadata);
  const inner = fieldBytes(bytes.length);
  const length =
    start.length + (group === undefined ? 0 : fieldBytes(groupBytes)) + fieldBytes(inner) + metadata.length;
  const target = Buffer.allocUnsafe(as === "field" ? fieldBytes(length) : length);
  let at = as === "field" ? writeFieldHead(target, 0, down.data, length) : 0;
  target.set(start, at);
  at += start.length;
  if (group !== undefined) {
    at = writeFieldHead(target, at, dataMessage.group, groupBytes);
    at += target.write(group, at, "utf8");
  }
  at = writeFieldHead(target, at, dataMessage.data, inner);
  at = writeFieldHead(target, at, messageData[payload.dataType], bytes.length);
  target.set(bytes, at);
  target.set(metadata, at + bytes.length);
  return target;
}

const none = Buffer.alloc(0);

function metadataBytes(metadata: Metadata): Buffer {
  const entries = Array.from(metadata, ([key, value]) => [...textField(1, key), ...textField(2, value)]);
  return Buffer.concat(entries.flatMap((entry) => bytesField(dataMessage.metadata, entry)));
}

function controlFrame(message: ControlMessage): Frame | undefined {
  switch (message.type) {
    case "connected": {
      const { connectionId, userId, reconnectionToken } = message;
      const user = userId === undefined ? [] : textField(2, userId);
      const token = reconnectionToken === undefined ? [] : textField(3, reconnectionToken);
      return frame(bytesField(down.system, bytesField(1, [...textField(1, connectionId), ...user, ...token])));
    }
    case "disconnected":
      return frame(bytesField(down.system, bytesField(2, textField(2, message.message))));
    case "ack":
      return frame(bytesField(down.ack, ackMembers(message.ackId, message.error)));
    case "pong":
      return frame(bytesField(down.pong, []));
    case "streamAck":
    case "streamNack":
    case "streamClosed":
    case "invoked":
    case "invokeFailed":
    case "groupStateSnapshot":
    case "groupStateUpdate":
      return undefined; // Their field numbers are not published.
    default:
      throw unreachable(message);
  }
}

/** proto3 leaves out false and 0. */
function ackMembers(ackId: AckId, error: AckError | undefined): Parts {
  const id = ackId === "0" ? [] : varintField(1, BigInt(ackId));
  if (error === undefined) return [...id, ...varintField(2, 1n)];
  return [...id, ...bytesField(3, [...textField(1, error.name), ...textField(2, error.message)])];
}

function frame(parts: Parts): Frame {
  return { head: undefined, body: Buffer.concat(parts), binary: true };
}
