import type { IncomingMessage } from "node:http";
import { isGroupName } from "../core/names.ts";
import type { SessionNames } from "../core/ports.ts";
import type { Incoming } from "./exchange.ts";
import { type MqttRefusal, pairsBody, readMqttRefusal, readPairs, type UserProperties } from "./mqtt-answer.ts";

/** A client that wants in, as the handler of `connect` sees it. */
export interface ConnectEvent {
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headersDistinct"];
  readonly subprotocols: readonly string[];
  /** Only of MQTT clients: what their CONNECT packet says. */
  readonly mqtt?: MqttConnect;
  readonly session?: SessionNames;
}

export interface MqttConnect {
  readonly protocolVersion: 4 | 5;
  readonly cleanStart: boolean;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly userProperties: UserProperties;
}

/** What the handler decided. An absent field leaves what the token says; `userId: ""` makes the client anonymous. */
export interface ConnectGrant {
  readonly userId?: string;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly subprotocol?: string;
  /** For the CONNACK of an MQTT client. */
  readonly userProperties?: UserProperties;
}

export type ConnectVerdict =
  | { readonly accepted: true; readonly grant: ConnectGrant }
  | {
      readonly accepted: false;
      readonly status: number;
      /** For the client. */
      readonly reason: string;
      /** For the log: set when the handler is at fault. */
      readonly problem?: string;
      /** For the CONNACK of an MQTT client, where the handler says it. */
      readonly mqtt?: MqttRefusal;
    };

const reasonCharsMax = 4 * 1024;

/** The body of the event. The token itself is left out: its claims say enough. */
export function connectBody({ claims, query, headers, subprotocols, mqtt }: ConnectEvent): object {
  return {
    ...(mqtt === undefined ? {} : { mqtt: mqttBody(mqtt) }),
    claims: mapValues(claims, (claim) => (Array.isArray(claim) ? claim : [claim]).map(claimText)),
    query: grouped([...query].filter(([name]) => name.toLowerCase() !== "access_token")),
    headers: mapValues(headers, (values) => values ?? [], ["authorization"]),
    subprotocols,
    clientCertificates: [],
  };
}

/** Only 2xx lets a client in; a 4xx is the client's own fault and handed to it, anything else is a fault of the handler. */
export function connectVerdict(incoming: Incoming, groupNameCharsMax: number): ConnectVerdict {
  if (incoming.type !== "answer") return failed(incoming.problem);
  const { status, body } = incoming;
  const text = body.toString("utf8");
  const mqtt = status < 400 ? undefined : readMqttRefusal(text);
  if (mqtt !== undefined) return { accepted: false, status, reason: mqtt.reason, mqtt };
  if (status >= 400 && status <= 499) {
    const reason = text === "" ? "The event handler refused the connection." : text.slice(0, reasonCharsMax);
    return { accepted: false, status, reason };
  }
  if (status < 200 || status > 299) return failed(`The handler answered ${status}.`);
  if (status === 204 || text.trim() === "" || text.trim() === "null") return { accepted: true, grant: {} };
  const grant = readGrant(text, groupNameCharsMax);
  return typeof grant === "string" ? failed(`The handler answered ${status} ${grant}`) : { accepted: true, grant };
}

/** The reason stays here: a client learns nothing of what is behind the service. */
function failed(problem: string): ConnectVerdict {
  return { accepted: false, status: 500, reason: "The event handler of connect failed.", problem };
}

/** A grant, or what is wrong with it. */
function readGrant(text: string, groupNameCharsMax: number): ConnectGrant | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "with a body that is not JSON.";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "with JSON that is no object.";
  const { userId, groups, roles, subprotocol, mqtt } = value as Readonly<Record<keyof ConnectGrant | "mqtt", unknown>>;
  const userProperties = readPairs(mqtt);
  if (!isAbsent(userId) && typeof userId !== "string") return "with a userId that is no text.";
  if (!isAbsent(subprotocol) && typeof subprotocol !== "string") return "with a subprotocol that is no text.";
  if (!isAbsent(groups) && !isTextList(groups)) return "with groups that are no list of texts.";
  if (!isAbsent(roles) && !isTextList(roles)) return "with roles that are no list of texts.";
  if (groups?.some((group) => !isGroupName(group, groupNameCharsMax)) === true)
    return "with a group name that is not valid.";
  return {
    ...(isAbsent(userId) ? {} : { userId }),
    // An empty list of groups says nothing, an empty list of roles takes all roles away.
    ...(isAbsent(groups) || groups.length === 0 ? {} : { groups }),
    ...(isAbsent(roles) ? {} : { roles }),
    ...(isAbsent(subprotocol) || subprotocol === "" ? {} : { subprotocol }),
    ...(userProperties.length === 0 ? {} : { userProperties }),
  };
}

function mqttBody({ protocolVersion, cleanStart, username, password, userProperties }: MqttConnect): object {
  return {
    protocolVersion,
    cleanStart,
    username: username ?? null,
    password: password === undefined ? null : Buffer.from(password).toString("base64"),
    userProperties: pairsBody(userProperties),
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function claimText(claim: unknown): string {
  return typeof claim === "string" ? claim : JSON.stringify(claim);
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => U,
  without: readonly string[] = [],
): Record<string, U> {
  // No prototype: a claim may be called anything.
  const result: Record<string, U> = Object.create(null);
  for (const [name, value] of Object.entries(record)) {
    if (!without.includes(name)) result[name] = map(value);
  }
  return result;
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const result: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const values = result[name];
    if (values === undefined) result[name] = [value];
    else values.push(value);
  }
  return result;
}
