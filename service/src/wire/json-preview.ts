import { isEventName } from "../core/names.ts";
import type { ClientMessage, GroupState } from "../core/ports.ts";
import { type Fields, isCount, isObject, type Raw, readAckId, readGroup, readPayload } from "./json-fields.ts";
import { countMembers } from "./raw-members.ts";

/** A message, or the name of the field that is wrong. */
type Read = ClientMessage | string;

const idCharsMax = 256;
const idleTimeoutMsMax = 0x7fff_ffff;
/** As Microsoft's emulator bounds metadata. */
const stateCharsMax = 8_192;

/** `stream` of a `sendToGroup`: the message has no data then. */
export function readStreamStart(group: string, noEcho: boolean, stream: Fields): Read {
  const streamId = readId(stream["streamId"]);
  const idleTimeoutMs = stream["idleTimeoutMs"] ?? undefined;
  if (streamId === undefined) return "stream.streamId";
  if (idleTimeoutMs !== undefined && !isTimeout(idleTimeoutMs)) return "stream.idleTimeoutMs";
  return { type: "streamStart", streamId, group, noEcho, idleTimeoutMs };
}

export function readStream(type: "streamdata" | "streamend", fields: Fields, raw: Raw): Read {
  const streamId = readId(fields["streamId"]);
  if (streamId === undefined) return "streamId";
  if (type === "streamend") return readStreamEnd(streamId, fields["error"]);
  const sequenceId = fields["streamSequenceId"];
  if (sequenceId === undefined && raw.get("data") === undefined) return { type: "streamAlive", streamId };
  if (!isCount(sequenceId) || sequenceId === 0) return "streamSequenceId";
  const payload = readPayload(fields, raw);
  return typeof payload === "string" ? payload : { type: "streamData", streamId, sequenceId, payload };
}

function readStreamEnd(streamId: string, error: unknown): Read {
  if (error === undefined || error === null) return { type: "streamEnd", streamId, error: undefined };
  if (!isObject(error)) return "error";
  const { message, userErrorCode } = error;
  if (message !== undefined && typeof message !== "string") return "error.message";
  if (userErrorCode !== undefined && typeof userErrorCode !== "string" && !isCount(userErrorCode)) {
    return "error.userErrorCode";
  }
  return { type: "streamEnd", streamId, error: { message, userErrorCode } };
}

export function readInvocation(type: "invoke" | "cancelinvocation" | "invokeresponse", fields: Fields, raw: Raw): Read {
  const invocationId = readId(fields["invocationId"]);
  if (invocationId === undefined) return "invocationId";
  if (type === "cancelinvocation") return { type: "cancelInvocation", invocationId };
  // The service asks clients for nothing, so there is nothing to answer.
  if (type === "invokeresponse") return { type: "unsupported", answer: { to: "nobody" } };
  const { event, target } = fields;
  if (target !== "event") return "target";
  if (typeof event !== "string" || !isEventName(event)) return "event";
  const payload = raw.get("data") === undefined ? noData : readPayload(fields, raw);
  return typeof payload === "string" ? payload : { type: "invoke", invocationId, event, payload };
}

const noData = { dataType: "text", literal: '""' } as const;

export function readGroupState(
  type: "setgroupstate" | "subscribegroupstate" | "unsubscribegroupstate",
  fields: Fields,
  raw: Raw,
): Read {
  const group = readGroup(fields);
  const ack = readAckId(raw);
  if (group === undefined) return "group";
  if (ack === "wrong") return "ackId";
  const ackId = ack.id;
  if (type === "subscribegroupstate") return { type: "subscribeGroupState", group, ackId };
  if (type === "unsubscribegroupstate") return { type: "unsubscribeGroupState", group, ackId };
  const state = readState(fields["state"], raw.get("state"));
  return state === "wrong" ? "state" : { type: "setGroupState", group, ackId, state };
}

/** Texts by name; null or nothing clears. JSON.parse hides repeated names, so they are counted in the text. */
function readState(value: unknown, literal: string | undefined): GroupState | undefined | "wrong" {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || literal === undefined || literal.length > stateCharsMax) return "wrong";
  const pairs = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return pairs.length === countMembers(literal) ? new Map(pairs) : "wrong";
}

function readId(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= idCharsMax ? value : undefined;
}

function isTimeout(value: unknown): value is number {
  return isCount(value) && value > 0 && value <= idleTimeoutMsMax;
}
