import { isEventName } from "../core/names.ts";
import type { ClientMessage, Decoded } from "../core/ports.ts";
import { type Fields, isCount, isObject, type Raw, readAckId, readGroup, readPayload } from "./json-fields.ts";
import { readGroupState, readInvocation, readStream, readStreamStart } from "./json-preview.ts";
import { readUsual } from "./json-usual.ts";
import { rawMembers } from "./raw-members.ts";

/** A message, or the name of the field that is wrong. */
type Read = ClientMessage | string;

const invalid = "The client message is not a valid JSON protocol message.";
const spliced: ReadonlySet<string> = new Set(["data", "ackId", "metadata", "state"]);
const ttlSecondsMax = 300;

/** Close codes: 1003 for a binary frame, 1007 for anything that is not a message of the subprotocol. */
export function decodeJson(data: string | Uint8Array): Decoded<ClientMessage> {
  if (typeof data !== "string") return { ok: false, code: 1003, problem: "InvalidMessageType" };
  const usual = readUsual(data);
  if (usual !== undefined) return { ok: true, message: usual };
  const fields = parseObject(data);
  if (fields === undefined) return { ok: false, code: 1007, problem: invalid };
  const message = read(fields, rawMembers(data, spliced));
  if (typeof message !== "string") return { ok: true, message };
  return { ok: false, code: 1007, problem: `${invalid} Look at the field '${message}'.` };
}

function parseObject(text: string): Fields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // Not JSON: the caller answers with the close code for it.
  }
  return isObject(value) ? value : undefined;
}

function read(fields: Fields, raw: Raw): Read {
  const type = typeof fields["type"] === "string" ? fields["type"].toLowerCase() : "";
  switch (type) {
    case "joingroup":
      return readMembership("joinGroup", fields, raw);
    case "leavegroup":
      return readMembership("leaveGroup", fields, raw);
    case "sendtogroup":
      return readSend(fields, raw);
    case "event":
      return readEvent(fields, raw);
    case "sequenceack":
      return isCount(fields["sequenceId"]) ? { type: "sequenceAck", sequenceId: fields["sequenceId"] } : "sequenceId";
    case "ping":
      return { type: "ping" };
    case "streamdata":
    case "streamend":
      return readStream(type, fields, raw);
    case "invoke":
    case "cancelinvocation":
    case "invokeresponse":
      return readInvocation(type, fields, raw);
    case "setgroupstate":
    case "subscribegroupstate":
    case "unsubscribegroupstate":
      return readGroupState(type, fields, raw);
    default:
      return "type";
  }
}

function readMembership(type: "joinGroup" | "leaveGroup", fields: Fields, raw: Raw): Read {
  const group = readGroup(fields);
  const ackId = readAckId(raw);
  if (group === undefined) return "group";
  return ackId === "wrong" ? "ackId" : { type, group, ackId: ackId.id };
}

function readSend(fields: Fields, raw: Raw): Read {
  const group = readGroup(fields);
  const ackId = readAckId(raw);
  const noEcho = fields["noEcho"] ?? false;
  const ttlSeconds = fields["ttlSeconds"] ?? undefined;
  if (group === undefined) return "group";
  if (ackId === "wrong") return "ackId";
  if (typeof noEcho !== "boolean") return "noEcho";
  if (ttlSeconds !== undefined && (!isCount(ttlSeconds) || ttlSeconds > ttlSecondsMax)) return "ttlSeconds";
  if (isObject(fields["stream"])) return readStreamStart(group, noEcho, fields["stream"]);
  const payload = readPayload(fields, raw);
  if (typeof payload === "string") return payload;
  return { type: "sendToGroup", group, ackId: ackId.id, noEcho, ttlSeconds, payload };
}

function readEvent(fields: Fields, raw: Raw): Read {
  const { event } = fields as { readonly event?: unknown };
  const ackId = readAckId(raw);
  const payload = readPayload(fields, raw);
  if (typeof event !== "string" || !isEventName(event)) return "event";
  if (ackId === "wrong") return "ackId";
  return typeof payload === "string" ? payload : { type: "event", event, ackId: ackId.id, payload };
}
