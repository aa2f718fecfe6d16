import type { IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from "mqtt-packet";
import type { AckError, EndingDetails, Payload } from "../core/ports.ts";
import { joinGroup, leaveGroup, sendToGroup } from "../core/requests.ts";
import { raiseMqttEvent } from "./events.ts";
import type { Will } from "./greeting.ts";
import { payloadOf } from "./payloads.ts";
import { detailsOf, numberOf, pairsOf, wrong } from "./properties.ts";
import { type Reason, reason } from "./reasons.ts";
import type { MqttSession } from "./session.ts";
import { eventOf, filterProblem, isAnswerTopic, topicProblem } from "./topics.ts";

/** One packet of a client that is let in. */
export function servePacket(session: MqttSession, packet: Packet): void {
  switch (packet.cmd) {
    case "publish":
      servePublish(session, packet);
      break;
    case "puback":
    case "pubcomp":
      session.outgoing.settled(packet.messageId ?? 0);
      session.pump();
      break;
    case "pubrec":
      servePubrec(session, packet.messageId ?? 0, packet.reasonCode ?? 0);
      break;
    case "pubrel":
      servePubrel(session, packet.messageId ?? 0);
      break;
    case "subscribe":
      serveSubscribe(session, packet);
      break;
    case "unsubscribe":
      serveUnsubscribe(session, packet);
      break;
    case "pingreq":
      session.send({ cmd: "pingresp" });
      break;
    case "disconnect":
      serveDisconnect(session, packet);
      break;
    case "connect":
    case "connack":
    case "suback":
    case "unsuback":
    case "pingresp":
    case "auth":
      session.fail(reason.protocolError, `A client must not send ${packet.cmd.toUpperCase()} here.`);
      break;
    default:
      session.fail(reason.malformed, "The packet is of no known type.");
  }
}

/** The will of a session that is over, or of a transport that is lost. The roles are those the client had. */
export function publishWill(session: MqttSession, { topic, bytes, details, ttlSeconds }: Will): void {
  const payload = payloadOf(bytes, details);
  if (payload !== undefined) {
    sendToGroup(session.hub, session.connection, { group: topic, payload, noEcho: false, ttlSeconds });
  }
}

function servePublish(session: MqttSession, packet: IPublishPacket): void {
  const { qos, topic, messageId = 0, retain, properties } = packet;
  if (retain) {
    session.fail(reason.retainNotSupported, "Retained messages are not supported.");
    return;
  }
  if (topic === "" || properties?.topicAlias !== undefined) {
    session.fail(reason.topicAliasInvalid, "Topic aliases are not supported.");
    return;
  }
  if (qos > 0 && messageId === 0) {
    session.fail(reason.protocolError, "A packet id must not be 0.");
    return;
  }
  const details = detailsOf(properties, qos);
  const ttlSeconds = numberOf(properties, "messageExpiryInterval");
  if (details === undefined || ttlSeconds === wrong || properties?.subscriptionIdentifier !== undefined) {
    session.fail(reason.protocolError, "A property of PUBLISH is not valid.");
    return;
  }
  if (qos === 2 && session.received.has(messageId)) {
    confirm(session, packet, reason.success);
    return;
  }
  if (qos === 2 && session.received.size >= session.receivedMax) {
    session.fail(reason.receiveMaximumExceeded, "Too many publishes with QoS 2 are unfinished.");
    return;
  }
  const payload = payloadOf(asBytes(packet.payload), details);
  const outcome = payload === undefined ? reason.payloadFormatInvalid : publish(session, topic, payload, ttlSeconds);
  // MQTT 3.1.1 knows no refusal of a publish but the end of its connection.
  if (outcome !== reason.success && session.version === 4 && qos > 0) {
    session.fail(outcome, `The publish was refused with the reason ${outcome}.`);
    return;
  }
  if (qos === 2 && outcome === reason.success) session.received.add(messageId);
  confirm(session, packet, outcome);
}

function confirm(session: MqttSession, { qos, messageId = 0 }: IPublishPacket, reasonCode: Reason): void {
  if (qos === 0) return;
  session.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId, reasonCode });
}

function publish(session: MqttSession, topic: string, payload: Payload, ttlSeconds: number | undefined): Reason {
  const event = eventOf(topic);
  if (event !== undefined) return raiseMqttEvent(session, topic, event, payload);
  const problem = topicProblem(topic, session.hub.limits.groupNameCharsMax);
  if (problem !== undefined) return problem;
  const noEcho = session.subscriptions.get(topic)?.noLocal === true;
  return reasonOf(sendToGroup(session.hub, session.connection, { group: topic, payload, noEcho, ttlSeconds }));
}

function servePubrec(session: MqttSession, messageId: number, reasonCode: number): void {
  if (reasonCode >= 0x80) {
    session.outgoing.settled(messageId);
    session.pump();
    return;
  }
  const known = session.outgoing.release(messageId);
  session.send({ cmd: "pubrel", messageId, reasonCode: known ? reason.success : reason.packetIdNotFound });
}

function servePubrel(session: MqttSession, messageId: number): void {
  const known = session.received.delete(messageId);
  session.send({ cmd: "pubcomp", messageId, reasonCode: known ? reason.success : reason.packetIdNotFound });
}

function serveSubscribe(session: MqttSession, packet: ISubscribePacket): void {
  const { subscriptions, properties, messageId } = packet;
  const id = numberOf(properties, "subscriptionIdentifier");
  if (messageId === undefined || messageId === 0 || subscriptions.length === 0 || id === wrong || id === 0) {
    session.fail(reason.protocolError, "The SUBSCRIBE packet is not valid.");
    return;
  }
  const granted = subscriptions.map(({ topic, qos, nl }) => {
    const problem = subscribe(session, topic);
    if (problem !== undefined) return session.version === 5 ? problem : reason.unspecified;
    session.subscriptions.set(topic, { qos, noLocal: nl === true, id });
    return qos;
  });
  session.send({ cmd: "suback", messageId, granted });
}

function subscribe(session: MqttSession, topic: string): Reason | undefined {
  const problem = filterProblem(topic, session.hub.limits.groupNameCharsMax);
  if (problem !== undefined) return problem;
  if (isAnswerTopic(topic)) {
    const full = session.subscriptions.size >= session.hub.limits.groupsPerConnectionMax;
    return full ? reason.quotaExceeded : undefined;
  }
  const error = joinGroup(session.hub, session.connection, topic);
  if (error === undefined) return undefined;
  return error.name === "Forbidden" ? reason.notAuthorized : reason.quotaExceeded;
}

function serveUnsubscribe(session: MqttSession, { unsubscriptions, messageId }: IUnsubscribePacket): void {
  if (messageId === undefined || messageId === 0 || unsubscriptions.length === 0) {
    session.fail(reason.protocolError, "The UNSUBSCRIBE packet is not valid.");
    return;
  }
  const granted = unsubscriptions.map((topic) => {
    if (isAnswerTopic(topic))
      return session.subscriptions.delete(topic) ? reason.success : reason.noSubscriptionExisted;
    const group = session.hub.groups.find(topic);
    if (group === undefined || !session.connection.memberships.has(group)) return reason.noSubscriptionExisted;
    return reasonOf(leaveGroup(session.hub, session.connection, topic));
  });
  session.send({ cmd: "unsuback", messageId, granted });
}

function serveDisconnect(session: MqttSession, packet: Extract<Packet, { cmd: "disconnect" }>): void {
  const { reasonCode: code = reason.success, properties } = packet;
  const expiry = numberOf(properties, "sessionExpiryInterval");
  if (expiry === wrong || (expiry !== undefined && expiry > 0 && session.expirySeconds === 0)) {
    session.fail(reason.protocolError, "A session that was to end with its transport cannot be prolonged.");
    return;
  }
  const userProperties = pairsOf(properties);
  const disconnectPacket = userProperties.length === 0 ? { code } : { code, userProperties };
  const ending: EndingDetails = { initiatedByClient: true, disconnectPacket };
  const capped = expiry === undefined ? undefined : Math.min(expiry, session.hub.limits.recoveryMs / 1_000);
  session.leave(code, ending, capped);
}

function reasonOf(error: AckError | undefined): Reason {
  if (error === undefined) return reason.success;
  return error.name === "Forbidden" ? reason.notAuthorized : reason.topicNameInvalid;
}

function asBytes(payload: string | Buffer): Uint8Array {
  return typeof payload === "string" ? Buffer.from(payload, "utf8") : payload;
}
