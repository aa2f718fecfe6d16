import type { DataType, MqttDetails, Payload } from "../core/payload.ts";
import { ownBytes } from "../core/payload.ts";

/**
 * What a PUBLISH carries, for members of any protocol. Its content type says which kind of data it is; without one, and
 * always with MQTT 3.1.1, it is binary. Undefined when the bytes are not what the sender says.
 */
export function payloadOf(bytes: Uint8Array, details: MqttDetails): Payload | undefined {
  const text = details.payloadFormatIndicator === true ? decoded(bytes) : "";
  if (text === undefined) return undefined;
  const dataType = dataTypeOf(details.contentType);
  if (dataType === "json" && !isJson(decoded(bytes))) return undefined;
  if (dataType === "text" && decoded(bytes) === undefined) return undefined;
  return { dataType, bytes: ownBytes(bytes), mqtt: details };
}

function dataTypeOf(contentType = ""): DataType {
  switch (contentType.split(";")[0]?.trim().toLowerCase()) {
    case "application/json":
      return "json";
    case "text/plain":
      return "text";
    case "application/x-protobuf":
      return "protobuf";
    default:
      return "binary";
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // Not UTF-8: the caller refuses it.
  }
}

function isJson(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller refuses it.
  }
}
