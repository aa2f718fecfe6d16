import type { IncomingHttpHeaders } from "node:http";
import type { EndingDetails, EventAnswer } from "../core/ports.ts";
import type { Incoming } from "./exchange.ts";

export type UserProperties = readonly (readonly [name: string, value: string])[];

/** What the handler of `connect` wants an MQTT client to be told. */
export interface MqttRefusal {
  readonly code: number;
  readonly reason: string;
  readonly userProperties: UserProperties;
}

const headerPrefix = "mqtt-";
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const reasonCharsMax = 1_024;
const propertiesMax = 100;
const textCharsMax = 16_000;

/** The `mqtt` member of a refusal; undefined when there is none that can be read. */
export function readMqttRefusal(body: string): MqttRefusal | undefined {
  const mqtt = memberOf(parsed(body), "mqtt");
  const code = memberOf(mqtt, "code");
  const reason = memberOf(mqtt, "reason");
  if (typeof code !== "number" || !Number.isInteger(code)) return undefined;
  const text =
    typeof reason === "string" ? reason.slice(0, reasonCharsMax) : "The event handler refused the connection.";
  return { code, reason: text, userProperties: readPairs(mqtt) };
}

/** `userProperties` of an `mqtt` member: a list of `{name, value}`. Whatever is none is left out. */
export function readPairs(mqtt: unknown): UserProperties {
  const list = memberOf(mqtt, "userProperties");
  if (!Array.isArray(list)) return [];
  return list.slice(0, propertiesMax).flatMap((item): UserProperties => {
    const [name, value] = [memberOf(item, "name"), memberOf(item, "value")];
    return isShortText(name) && isShortText(value) ? [[name, value]] : [];
  });
}

/** User properties as handlers read them; null when there are none. */
export function pairsBody(pairs: UserProperties): readonly object[] | null {
  return pairs.length === 0 ? null : pairs.map(([name, value]) => ({ name, value }));
}

/** The `mqtt` member of `disconnected`. */
export function endingBody({ initiatedByClient, disconnectPacket }: EndingDetails): object {
  const packet = disconnectPacket && {
    code: disconnectPacket.code,
    userProperties: pairsBody(disconnectPacket.userProperties ?? []),
  };
  return { initiatedByClient, disconnectPacket: packet ?? null };
}

/** User properties of a publish as headers: those that can be one. Of a repeated name, all values. */
export function propertyHeaders(pairs: UserProperties): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) {
    if (!headerName.test(name)) continue;
    const header = `${headerPrefix}${name.toLowerCase()}`;
    const text = value.replaceAll(/[^\x20-\x7e]/g, (character) => encodeURIComponent(wellFormed(character))).trim();
    headers[header] = headers[header] === undefined ? text : `${headers[header]}, ${text}`;
  }
  return headers;
}

/** What an MQTT client is told of the answer to its event. */
export function answerOf({ status, headers, body }: Extract<Incoming, { type: "answer" }>): EventAnswer {
  return { status, contentType: headers["content-type"], body, userProperties: [...propertiesOf(headers)] };
}

function* propertiesOf(headers: IncomingHttpHeaders): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(headerPrefix)) yield [name.slice(headerPrefix.length), String(value)];
  }
}

function wellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

/** A property of a packet has at most 65,535 bytes. */
function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= textCharsMax;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: the refusal has no MQTT member.
  }
}
