import { createHmac, type KeyObject } from "node:crypto";
import type { SessionNames } from "../core/ports.ts";

/** One event of one connection in CloudEvents HTTP binary mode. */
export interface CloudEvent {
  /** Such as `azure.webpubsub.sys.connect` or `azure.webpubsub.user.message`. */
  readonly type: string;
  readonly eventName: string;
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  /** Undefined before it is negotiated. */
  readonly subprotocol: string | undefined;
  /** Of an MQTT client. */
  readonly session?: SessionNames | undefined;
  /** Counts the events of the connection from 0. */
  readonly id: number;
  readonly at: Date;
  readonly connectionState: string | undefined;
  readonly contentType: string;
}

/** The headers of the POST. `keys`: primary first, every one signs. `origin`: host and port of this service. */
export function eventHeaders(
  event: CloudEvent,
  { keys, origin }: { readonly keys: readonly KeyObject[]; readonly origin: string },
): Record<string, string> {
  const { connectionId, userId, subprotocol, connectionState, session } = event;
  const transport = session === undefined ? "" : `/${session.physicalConnectionId}`;
  return {
    "webhook-request-origin": origin,
    "content-type": event.contentType,
    "ce-specversion": "1.0",
    "ce-awpsversion": "1.0",
    "ce-type": event.type,
    "ce-source": `/hubs/${event.hub}/client/${connectionId}${transport}`,
    "ce-id": String(event.id),
    "ce-time": event.at.toISOString().replace(/\.\d+Z$/, "Z"),
    "ce-signature": signature(connectionId, keys),
    "ce-connectionid": connectionId,
    "ce-hub": event.hub,
    "ce-eventname": event.eventName,
    ...(userId === undefined ? {} : { "ce-userid": headerText(userId) }),
    ...(subprotocol === undefined ? {} : { "ce-subprotocol": subprotocol }),
    ...(connectionState === undefined ? {} : { "ce-connectionstate": connectionState }),
    ...(session === undefined ? {} : { "ce-physicalconnectionid": session.physicalConnectionId }),
    ...(session?.sessionId === undefined ? {} : { "ce-sessionid": session.sessionId }),
  };
}

/** `sha256=<hex>` for each key: the receiver accepts any of them, so keys can be rotated. */
export function signature(connectionId: string, keys: readonly KeyObject[]): string {
  return keys.map((key) => `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`).join(",");
}

/**
 * Headers carry printable ASCII only. Everything else, `%` itself and outer blanks are percent-encoded as in the
 * CloudEvents HTTP binding, so that no two texts become the same header.
 */
export function headerText(text: string): string {
  const wellFormed = Buffer.from(text, "utf8").toString("utf8");
  const encoded = wellFormed.replaceAll(/%|[^\x20-\x7e]+/g, (part) => encodeURIComponent(part));
  return encoded.replace(/^ +| +$/g, (blanks) => "%20".repeat(blanks.length));
}
