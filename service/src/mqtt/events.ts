import { clientOf } from "../core/events.ts";
import { Message } from "../core/message.ts";
import { isEventName } from "../core/names.ts";
import type { EventAnswer, EventOutcome, Payload } from "../core/ports.ts";
import { type Reason, reason } from "./reasons.ts";
import type { MqttSession } from "./session.ts";

/** A MIME type as it may stand in a header. */
const mimeType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/;
/** The user property that tells the HTTP status of the handler's answer. */
const statusProperty = "azure-status-code";
/** Of an event that no handler answered. */
const nobodyAnswered: EventAnswer = { status: 500, contentType: undefined, body: Buffer.alloc(0), userProperties: [] };

/** A publish to `$webpubsub/server/events/{event}`. The answer comes as a publish of its own, with the same QoS. */
export function raiseMqttEvent(session: MqttSession, topic: string, event: string, payload: Payload): Reason {
  if (!isEventName(event)) return reason.topicNameInvalid;
  const contentType = payload.mqtt?.contentType;
  if (contentType !== undefined && !mimeType.test(contentType)) return reason.payloadFormatInvalid;
  session.hub.upstream.event(clientOf(session.connection), { event, payload }, (outcome) => {
    answer(session, topic, payload, outcome);
  });
  return reason.success;
}

function answer(session: MqttSession, topic: string, asked: Payload, outcome: EventOutcome): void {
  const { status, contentType, body, userProperties } = outcome.answer ?? nobodyAnswered;
  const { qos = 0, correlationData } = asked.mqtt ?? {};
  const details = {
    qos,
    ...(contentType === undefined ? {} : { contentType }),
    ...(correlationData === undefined ? {} : { correlationData }),
    userProperties: [...userProperties, [statusProperty, String(status)] as const],
  };
  const message = new Message({ from: "server" }, { dataType: "binary", bytes: body, mqtt: details });
  const { phase } = session.connection.state;
  if (phase === "ended" || phase === "doomed") return;
  session.dispatch(message, qos, {
    subscriptionId: undefined,
    topic: `${topic}/${outcome.handled ? "succeeded" : "failed"}`,
  });
}
