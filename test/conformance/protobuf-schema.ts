import { parse, type Type } from "protobufjs";

/** The protobuf subprotocol as Azure documents it, as text: the oracle of our own codec. */
const schema = `
  syntax = "proto3";
  package azure.webpubsub;

  message Any { string type_url = 1; bytes value = 2; }

  message UpstreamMessage {
    oneof message {
      SendToGroupMessage send_to_group_message = 1;
      EventMessage event_message = 5;
      JoinGroupMessage join_group_message = 6;
      LeaveGroupMessage leave_group_message = 7;
      SequenceAckMessage sequence_ack_message = 8;
      PingMessage ping_message = 9;
    }
  }
  message StreamStartInfo { string stream_id = 1; optional uint32 idle_timeout_ms = 2; }
  message SendToGroupMessage {
    string group = 1;
    optional uint64 ack_id = 2;
    MessageData data = 3;
    optional bool no_echo = 4;
    optional uint32 ttl_seconds = 5;
    map<string, string> metadata = 6;
    StreamStartInfo stream = 7;
  }
  message EventMessage {
    string event = 1;
    MessageData data = 2;
    optional uint64 ack_id = 3;
    map<string, string> metadata = 4;
    StreamStartInfo stream = 5;
  }
  message JoinGroupMessage { string group = 1; optional uint64 ack_id = 2; }
  message LeaveGroupMessage { string group = 1; optional uint64 ack_id = 2; }
  message SequenceAckMessage { uint64 sequence_id = 1; }
  message PingMessage {}

  message DownstreamMessage {
    oneof message {
      AckMessage ack_message = 1;
      DataMessage data_message = 2;
      SystemMessage system_message = 3;
      PongMessage pong_message = 4;
    }
  }
  message AckMessage {
    message ErrorMessage { string name = 1; string message = 2; }
    uint64 ack_id = 1;
    bool success = 2;
    optional ErrorMessage error = 3;
  }
  message DataMessage {
    string from = 1;
    optional string group = 2;
    MessageData data = 3;
    optional uint64 sequence_id = 4;
    map<string, string> metadata = 5;
  }
  message SystemMessage {
    message ConnectedMessage { string connection_id = 1; string user_id = 2; optional string reconnection_token = 3; }
    message DisconnectedMessage { string reason = 2; }
    oneof message {
      ConnectedMessage connected_message = 1;
      DisconnectedMessage disconnected_message = 2;
    }
  }
  message PongMessage {}
  message MessageData {
    oneof data {
      string text_data = 1;
      bytes binary_data = 2;
      Any protobuf_data = 3;
      string json_data = 4;
    }
  }
`;

const { root } = parse(schema);
const upstream = root.lookupType("azure.webpubsub.UpstreamMessage");
const downstream = root.lookupType("azure.webpubsub.DownstreamMessage");
const any = root.lookupType("azure.webpubsub.Any");

export const encodeUpstream = (message: object): Buffer => encode(upstream, message);
export const encodeAny = (message: object): Buffer => encode(any, message);
export const decodeUpstream = (bytes: Uint8Array): Plain => decode(upstream, bytes);
export const decodeDownstream = (bytes: Uint8Array): Plain => decode(downstream, bytes);

/** Names in camel case, numbers of 64 bits as text, bytes as `Buffer`. */
export type Plain = Readonly<Record<string, unknown>>;

function encode(type: Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

function decode(type: Type, bytes: Uint8Array): Plain {
  return type.toObject(type.decode(bytes), { longs: String, bytes: Buffer });
}
