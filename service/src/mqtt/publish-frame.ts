import type { Message } from "../core/message.ts";
import { UnnumberedFrame } from "../core/numbered-frame.ts";
import type { DataType } from "../core/payload.ts";
import type { Frame } from "../core/ports.ts";
import type { Version } from "./reasons.ts";

export type QoS = 0 | 1 | 2;

/** Where a message that comes from no group arrives. */
export const serverTopic = "$webpubsub/server/messages";

const property = {
  payloadFormatIndicator: 0x01,
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  userProperty: 0x26,
} as const;

const contentTypes: Readonly<Record<DataType, string>> = {
  json: "application/json",
  text: "text/plain",
  binary: "application/octet-stream",
  protobuf: "application/x-protobuf",
};

/** The largest value of a two-byte length. */
const textBytesMax = 0xffff;

/** What differs from one receiver to the next. The others get the shared bytes. */
export interface Differences {
  readonly packetId?: number;
  readonly repeated?: boolean;
  readonly subscriptionId?: number | undefined;
  /** MQTT 5.0: what is left of the time to live. */
  readonly secondsLeft?: number | undefined;
  /** Default: the group, or `serverTopic`. */
  readonly topic?: string;
}

export function topicOf({ source }: Message): string {
  return source.from === "group" ? source.group : serverTopic;
}

/** A PUBLISH without a packet id: the same bytes for all receivers. */
export function sharedFrame(message: Message, version: Version): Frame {
  return wholeFrame(message, version, 0, { secondsLeft: message.ttlSeconds });
}

/** A PUBLISH that wants a packet id: everything else is the same for all receivers. */
export function unnumberedFrame(message: Message, version: Version, qos: 1 | 2): UnnumberedFrame {
  const { start, rest } = parts(message, version, qos, { secondsLeft: message.ttlSeconds });
  return new UnnumberedPublish(start, rest, groupOf(message));
}

/** A PUBLISH for one receiver. */
export function wholeFrame(message: Message, version: Version, qos: QoS, differences: Differences): Frame {
  const { start, rest } = parts(message, version, qos, differences);
  const id = qos === 0 ? [] : [uint16(differences.packetId ?? 0)];
  return { head: undefined, body: Buffer.concat([start, ...id, rest]), binary: true, ...groupOf(message) };
}

/** Header and topic precede the packet id, properties and data follow it. */
class UnnumberedPublish extends UnnumberedFrame implements Frame {
  readonly group: string;
  readonly #start: Uint8Array;

  constructor(start: Uint8Array, rest: Uint8Array, { group = "" }: { readonly group?: string }) {
    super(rest, true);
    this.#start = start;
    this.group = group;
  }

  override numberBytes(): number {
    return 2;
  }

  override headBytes(): number {
    return this.#start.length + 2;
  }

  override writeStart(target: Uint8Array, at: number): void {
    target.set(this.#start, at);
  }

  override writeNumber(target: Uint8Array, at: number, _numberBytes: number, packetId: number): void {
    target[at] = packetId >> 8;
    target[at + 1] = packetId & 0xff;
  }
}

interface Parts {
  readonly start: Buffer;
  readonly rest: Buffer;
}

function parts(message: Message, version: Version, qos: QoS, differences: Differences): Parts {
  const topic = Buffer.from(differences.topic ?? topicOf(message), "utf8");
  const properties = version === 5 ? sized(propertyBytes(message, differences)) : [];
  const rest = Buffer.concat([...properties, message.bytes]);
  const length = 2 + topic.length + (qos === 0 ? 0 : 2) + rest.length;
  const flags = 0x30 | (qos << 1) | (differences.repeated === true ? 0x08 : 0);
  const start = Buffer.concat([Buffer.from([flags]), varint(length), uint16(topic.length), topic]);
  return { start, rest };
}

function propertyBytes({ payload }: Message, { secondsLeft = 0, subscriptionId }: Differences): readonly Uint8Array[] {
  const { mqtt } = payload;
  // A client's own words as they were; for others, what the documentation says about data types.
  const contentType = mqtt === undefined ? contentTypes[payload.dataType] : mqtt.contentType;
  const found: Uint8Array[] = [];
  const add = (id: number, ...bytes: readonly Uint8Array[]) => found.push(Buffer.from([id]), ...bytes);
  if (mqtt?.payloadFormatIndicator === true) add(property.payloadFormatIndicator, Buffer.from([1]));
  if (secondsLeft > 0) add(property.messageExpiryInterval, uint32(secondsLeft));
  if (contentType !== undefined) add(property.contentType, ...text(contentType));
  if (mqtt?.responseTopic !== undefined) add(property.responseTopic, ...text(mqtt.responseTopic));
  if (mqtt?.correlationData !== undefined) add(property.correlationData, ...bytesWithLength(mqtt.correlationData));
  if (subscriptionId !== undefined) add(property.subscriptionIdentifier, varint(subscriptionId));
  for (const [name, value] of mqtt?.userProperties ?? []) add(property.userProperty, ...text(name), ...text(value));
  return found;
}

function groupOf({ source }: Message): { readonly group?: string } {
  return source.from === "group" ? { group: source.group } : {};
}

function sized(found: readonly Uint8Array[]): readonly Uint8Array[] {
  return [varint(found.reduce((sum, { length }) => sum + length, 0)), ...found];
}

function text(value: string): readonly Uint8Array[] {
  return bytesWithLength(Buffer.from(value, "utf8"));
}

function bytesWithLength(value: Uint8Array): readonly Uint8Array[] {
  const fitting = value.subarray(0, textBytesMax);
  return [uint16(fitting.length), fitting];
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(Math.min(value, 0xffff_ffff));
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return Buffer.from(bytes);
}
