import { groupNameCharsMax, isGroupName } from "../core/names.ts";
import type { ClientMessage } from "../core/ports.ts";
import { isBase64 } from "./json-fields.ts";

/**
 * What clients send most often, exactly as the official one writes it: no blanks, no escapes, members in its order. It is
 * read in a fraction of the time. Undefined for anything else, be it right or wrong.
 */
export function readUsual(text: string): ClientMessage | undefined {
  if (text.length > usualCharsMax) return undefined;
  const sent = usualSend.exec(text);
  if (sent === null) return readUsualAck(text);
  const [, group = "", ackId, noEcho, dataType, literal = ""] = sent;
  if (!isGroupName(group, groupNameCharsMax)) return undefined;
  if (dataType === "binary" && !isBase64(literal.slice(1, -1))) return undefined;
  return {
    type: "sendToGroup",
    group,
    // A string of its own: it is remembered for long, and a part of the text would keep all of it.
    ackId: ackId === undefined ? undefined : Number(ackId).toString(),
    noEcho: noEcho === "true",
    ttlSeconds: undefined,
    payload: { dataType: dataType === "text" ? "text" : "binary", literal },
  };
}

function readUsualAck(text: string): ClientMessage | undefined {
  const acknowledged = usualAck.exec(text)?.[1];
  return acknowledged === undefined ? undefined : { type: "sequenceAck", sequenceId: Number(acknowledged) };
}

/** Longer texts would need a large stack of the pattern, and what they cost is not how they are read. */
const usualCharsMax = 64 * 1024;
/** A JSON string that is its own text. */
const plainText = String.raw`[^"\\\u0000-\u001f]*`;
/** Of those numbers that survive becoming one. */
const number = String.raw`0|[1-9]\d{0,14}`;
const usualSend: RegExp = new RegExp(
  `^\\{"type":"sendToGroup","group":"(${plainText})"(?:,"ackId":(${number}))?(?:,"noEcho":(true|false))?,"dataType":"(text|binary)","data":("${plainText}")\\}$`,
);
const usualAck: RegExp = new RegExp(`^\\{"type":"sequenceAck","sequenceId":(${number})\\}$`);
