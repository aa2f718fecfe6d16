import { isGroupName } from "../core/names.ts";
import { serverTopic } from "./publish-frame.ts";
import { type Reason, reason } from "./reasons.ts";

const eventTopic = /^\$webpubsub\/server\/events\/([^/]+)$/;
const answerTopic = /^\$webpubsub\/server\/events\/[^/]+\/(?:succeeded|failed)$/;
const ownPrefix = "$webpubsub/";

/** The event that a publish to this topic means. */
export function eventOf(topic: string): string | undefined {
  return eventTopic.exec(topic)?.[1];
}

/** Topics that the service itself writes to: there is nothing to join. */
export function isAnswerTopic(topic: string): boolean {
  return topic === serverTopic || answerTopic.test(topic);
}

/** Why a topic cannot be published to; undefined when it is a group. */
export function topicProblem(topic: string, charsMax: number): Reason | undefined {
  const group = !/[+#\0]/.test(topic) && !topic.startsWith(ownPrefix) && isGroupName(topic, charsMax);
  return group ? undefined : reason.topicNameInvalid;
}

/** Why a topic cannot be subscribed to; undefined when it is a group or one of the service's own. */
export function filterProblem(filter: string, charsMax: number): Reason | undefined {
  if (/^\$share(?:\/|$)/.test(filter)) return reason.sharedNotSupported;
  if (/[+#]/.test(filter)) return reason.wildcardNotSupported;
  if (isAnswerTopic(filter)) return filter.length <= charsMax ? undefined : reason.topicFilterInvalid;
  const group = !filter.includes("\0") && !filter.startsWith(ownPrefix) && isGroupName(filter, charsMax);
  return group ? undefined : reason.topicFilterInvalid;
}
