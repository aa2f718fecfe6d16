import type { JSONTypes, WebPubSubDataType } from "@azure/web-pubsub-client";
import { unreachable } from "../core/assert.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";

/** What a message carries, in the official client's words. `protobuf` is a serialised google.protobuf.Any. */
export interface Payload {
  readonly dataType: WebPubSubDataType;
  readonly data: JSONTypes | ArrayBuffer;
}

/**
 * MessageData: text 1, binary 2, protobuf 3, json 4; the last one written counts. Null when none is there or it cannot be
 * a payload; a JSON null is none, as in the official client's own JSON subprotocols.
 */
export function readPayload(reader: MessageReader): Payload | null {
  let payload: Payload | null = null;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case 0x0a:
        payload = { dataType: "text", data: reader.text() };
        break;
      case 0x12:
        payload = { dataType: "binary", data: copyOf(reader.bytes()) };
        break;
      case 0x1a:
        payload = { dataType: "protobuf", data: copyOf(reader.bytes()) };
        break;
      case 0x22:
        payload = jsonPayload(reader, reader.text());
        break;
      default:
        reader.skip(tag);
    }
  }
  return payload;
}

/** Throws a TypeError when the data does not fit its type. */
export function writePayload(dataType: WebPubSubDataType, data: unknown): MessageWriter {
  const writer = new MessageWriter();
  switch (dataType) {
    case "text":
      if (typeof data !== "string") throw new TypeError("The data of a text message must be a string.");
      return writer.text(1, data);
    case "binary":
      return writer.bytes(2, viewOf(data));
    case "protobuf":
      return writer.bytes(3, checkedAny(viewOf(data)));
    case "json": {
      const text: string | undefined = JSON.stringify(data);
      if (text === undefined) throw new TypeError("The data of a json message has no JSON form.");
      return writer.text(4, text);
    }
    default:
      throw unreachable(dataType);
  }
}

function jsonPayload(reader: MessageReader, text: string): Payload | null {
  if (reader.problem !== null) return null;
  try {
    const data: unknown = JSON.parse(text);
    if (data !== null && data !== undefined) return { dataType: "json", data };
    reader.fail("json-null");
  } catch {
    reader.fail("bad-json");
  }
  return null;
}

/** Applications keep what they get: the copy is theirs alone, and no larger than the payload. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function viewOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("The data of a binary or protobuf message must be an ArrayBuffer.");
}

/** Any: type_url 1, value 2. Bytes that are none would make the service close the connection. */
function checkedAny(bytes: Uint8Array): Uint8Array {
  const reader = new MessageReader(bytes);
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === 0x0a) reader.text();
    else reader.skip(tag);
  }
  if (reader.problem === null) return bytes;
  throw new TypeError(`The data of a protobuf message must be a serialised google.protobuf.Any: ${reader.problem}.`);
}
