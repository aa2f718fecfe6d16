import type { IConnectPacket } from "mqtt-packet";
import type { MqttDetails } from "../core/payload.ts";
import type { UserProperties } from "./packets.ts";
import { readConnect } from "./packets.ts";
import { detailsOf, type Found, numberOf, pairsOf, wrong } from "./properties.ts";
import { type Reason, reason, type Version } from "./reasons.ts";
import { topicProblem } from "./topics.ts";

/** What a client leaves to be published when it goes without a word. */
export interface Will {
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly details: MqttDetails;
  readonly delayMs: number;
  readonly ttlSeconds: number | undefined;
}

/** A CONNECT packet that can be let in, if its sender may. */
export interface Greeting {
  readonly version: Version;
  /** Empty: the client wants one. */
  readonly clientId: string;
  readonly cleanStart: boolean;
  /** 1 to `keepAliveSecondsMax`. */
  readonly keepAliveSeconds: number;
  /** The client asked for another keep-alive time and must be told. */
  readonly keepAliveChanged: boolean;
  /** How long the session outlives its transport. */
  readonly sessionExpirySeconds: number;
  readonly sessionExpiryChanged: boolean;
  readonly receiveMaximum: number;
  /** Larger packets are not sent to the client. */
  readonly packetBytesMax: number;
  /** Whether the client wants to read reasons. */
  readonly problemInformation: boolean;
  readonly will: Will | undefined;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly userProperties: UserProperties;
}

export type ReadGreeting =
  | { readonly ok: true; readonly greeting: Greeting }
  | { readonly ok: false; readonly version: Version; readonly code: Reason; readonly problem: string };

export interface GreetingLimits {
  readonly groupNameCharsMax: number;
  readonly sessionSecondsMax: number;
}

/** Documented for MQTT 3.1.1; a client of 5.0 that asks for more, or for none, is told this. */
export const keepAliveSecondsMax = 180;
/** Documented. */
const willBytesMax = 2_000;
const clientIdPattern = /^[0-9A-Za-z]{1,128}$/;

/** Reads the first packet of a client. Never throws. */
export function readGreeting(bytes: Buffer, limits: GreetingLimits): ReadGreeting {
  const version = versionOf(bytes);
  if (version === undefined) return refused(4, reason.unsupportedVersion, "Only MQTT 3.1.1 and 5.0 are spoken here.");
  const packet = readConnect(bytes);
  if (typeof packet === "string") return refused(version, reason.malformed, packet);
  if (packet.cmd !== "connect") return refused(version, reason.protocolError, "The first packet must be CONNECT.");
  return greetingOf(packet, version, limits);
}

/** The protocol level stands at a fixed place behind the protocol name. Of unknown ones, the answer is that of 3.1.1. */
function versionOf(bytes: Buffer): Version | undefined {
  let at = 1;
  while (at < 5 && (bytes[at] ?? 0) >= 0x80) at += 1;
  const name = bytes.subarray(at + 1, at + 7).toString("latin1");
  const level = bytes[at + 7];
  return name === "\0\u0004MQTT" && (level === 4 || level === 5) ? level : undefined;
}

function greetingOf(packet: IConnectPacket, version: Version, limits: GreetingLimits): ReadGreeting {
  const found: Found = packet.properties;
  const expiry = numberOf(found, "sessionExpiryInterval");
  const receiveMaximum = numberOf(found, "receiveMaximum") ?? 0xffff;
  const packetBytesMax = numberOf(found, "maximumPacketSize") ?? Number.POSITIVE_INFINITY;
  const clientId = packet.clientId ?? "";
  const cleanStart = packet.clean === true;
  if (expiry === wrong || receiveMaximum === wrong || packetBytesMax === wrong) {
    return refused(version, reason.protocolError, "A property of CONNECT is not valid.");
  }
  if (receiveMaximum === 0 || packetBytesMax === 0) {
    return refused(version, reason.protocolError, "Receive maximum and maximum packet size must not be 0.");
  }
  if (found?.["authenticationMethod"] !== undefined) {
    return refused(version, reason.badAuthenticationMethod, "Enhanced authentication is not supported.");
  }
  if (clientId === "" ? version === 4 && !cleanStart : !clientIdPattern.test(clientId)) {
    return refused(version, reason.clientIdNotValid, "A client id has 1 to 128 characters of 0-9, a-z and A-Z.");
  }
  const wantedKeepAlive = packet.keepalive ?? 0;
  const keepAliveFits = wantedKeepAlive >= 1 && wantedKeepAlive <= keepAliveSecondsMax;
  if (version === 4 && !keepAliveFits) {
    return refused(version, reason.notAuthorized, `The keep-alive time must be 1 to ${keepAliveSecondsMax} seconds.`);
  }
  const will = willOf(packet, limits);
  if (will !== undefined && "ok" in will) return { ...will, version };
  const wantedExpiry = version === 5 ? (expiry ?? 0) : cleanStart ? 0 : limits.sessionSecondsMax;
  const sessionExpirySeconds = Math.min(wantedExpiry, limits.sessionSecondsMax);
  return {
    ok: true,
    greeting: {
      version,
      clientId,
      cleanStart,
      keepAliveSeconds: keepAliveFits ? wantedKeepAlive : keepAliveSecondsMax,
      keepAliveChanged: !keepAliveFits,
      sessionExpirySeconds,
      sessionExpiryChanged: sessionExpirySeconds !== wantedExpiry,
      receiveMaximum,
      packetBytesMax,
      problemInformation: found?.["requestProblemInformation"] !== false,
      will,
      username: packet.username,
      password: packet.password === undefined ? undefined : Buffer.from(packet.password),
      userProperties: pairsOf(found),
    },
  };
}

type Refused = Extract<ReadGreeting, { ok: false }>;

function willOf({ will }: IConnectPacket, limits: GreetingLimits): Will | undefined | Refused {
  if (will === undefined) return undefined;
  const { topic, payload, qos = 0, retain, properties } = will;
  const details = detailsOf(properties, qos);
  const delay = numberOf(properties, "willDelayInterval") ?? 0;
  const ttlSeconds = numberOf(properties, "messageExpiryInterval");
  if (retain === true) return refused(4, reason.retainNotSupported, "Retained messages are not supported.");
  const problem = topicProblem(topic, limits.groupNameCharsMax);
  if (problem !== undefined) return refused(4, problem, "The topic of the will is not valid.");
  if (details === undefined || delay === wrong || ttlSeconds === wrong || (qos as number) > 2) {
    return refused(4, reason.protocolError, "A property of the will is not valid.");
  }
  const bytes = Buffer.from(payload);
  if (bytes.length > willBytesMax) {
    return refused(4, reason.packetTooLarge, `The will has more than ${willBytesMax} bytes.`);
  }
  return { topic, bytes, details, delayMs: delay * 1_000, ttlSeconds };
}

function refused(version: Version, code: Reason, problem: string): Refused {
  return { ok: false, version, code, problem };
}
