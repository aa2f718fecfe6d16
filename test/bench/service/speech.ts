import { maskedFrame } from "./client.ts";

/**
 * What the crowd talks to: the service with one of its subprotocols, the same without a token (then in no group), or a
 * relay that takes the group from the path and passes on what it gets.
 */
export type Dialect =
  | "json"
  | "json.reliable"
  | "protobuf"
  | "protobuf.reliable"
  | "mqtt"
  | "anonymous"
  | "relay"
  | "relay.protobuf";

export function isReliable(dialect: Dialect): boolean {
  return dialect === "json.reliable" || dialect === "protobuf.reliable";
}

/** Whether it is a relay that is talked to. */
export function isRelay(dialect: Dialect): boolean {
  return dialect === "relay" || dialect === "relay.protobuf";
}

/** The frame by which a message for all members of a group is sent. A relay gets what the service would make of it. */
export function messageFrame(dialect: Dialect, group: string, payloadBytes: number): Buffer {
  const data = "x".repeat(payloadBytes);
  switch (dialect) {
    case "protobuf":
    case "protobuf.reliable":
      // UpstreamMessage.send_to_group_message { group, data { text_data } }
      return maskedFrame(field(1, field(1, group), field(3, field(1, data))), binary);
    case "mqtt":
      return maskedFrame(mqttPacket(0x30, mqttText(group), Buffer.from([0]), Buffer.from(data)), binary);
    case "relay.protobuf":
      // DownstreamMessage.data_message { from, group, data { text_data } }
      return maskedFrame(field(2, field(1, "group"), field(2, group), field(3, field(1, data))));
    case "relay":
      return maskedFrame(
        Buffer.from(`{"type":"message","from":"group","group":"${group}","dataType":"text","data":"${data}"}`),
      );
    case "json":
    case "json.reliable":
    case "anonymous":
      return maskedFrame(Buffer.from(`{"type":"sendToGroup","group":"${group}","dataType":"text","data":"${data}"}`));
    default:
      throw new Error(`There is no dialect '${String(dialect satisfies never)}'.`);
  }
}

/** The frame by which a reliable client acknowledges. */
export function sequenceAckFrame(dialect: Dialect, sequenceId: number): Buffer {
  if (dialect !== "protobuf.reliable") {
    return maskedFrame(Buffer.from(`{"type":"sequenceAck","sequenceId":${sequenceId}}`));
  }
  // UpstreamMessage.sequence_ack_message { sequence_id }
  return maskedFrame(field(8, Buffer.from([0x08, ...varint(sequenceId)])), binary);
}

/** CONNECT of MQTT 5.0 with a clean start; the answer to it is the first frame that comes. */
export function connectFrame(clientId: string): Buffer {
  const fixed = Buffer.from([...mqttText("MQTT"), 5, 0x02, 0, 60, 0]);
  return maskedFrame(mqttPacket(0x10, fixed, mqttText(clientId)), binary);
}

function mqttPacket(start: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([start, ...varint(body.length)]), body]);
}

function mqttText(text: string): Buffer {
  return Buffer.from([text.length >> 8, text.length & 0xff, ...Buffer.from(text)]);
}

const binary = 0x82;

function field(number: number, ...content: readonly (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}
