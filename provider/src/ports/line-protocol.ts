import type { WebPubSubClientProtocol, WebPubSubMessage } from "@azure/web-pubsub-client";
import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { unreachable } from "../core/assert.ts";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "../wire/protocol.ts";
import { reasonOf } from "./reason.ts";

/**
 * How frames travel to and from the service. `reliable`: it keeps messages over a short cut of the line. JSON names each
 * sender and carries bytes as base64; protobuf carries plain bytes and names nobody, so it needs signed identity (ID8).
 */
export const subprotocols = ["json.reliable", "json", "protobuf.reliable", "protobuf"] as const;
export type Subprotocol = (typeof subprotocols)[number];

/** What the line tells about itself while the official client keeps it to itself. */
export interface LineWatch {
  /** Every message that arrives, before the client handles it. */
  heard(): void;
  /** The service ended the connection for good. The client would try to recover it all the same, for up to 30 s. */
  dismissed(reason: string): void;
  /** False once the link is closed: then the client opens no further socket. */
  readonly wanted: boolean;
  drop(reason: string): void;
}

/** The name of the event that `lineProtocol` writes as a ping: the official client has no public way to send one. */
export const pingEvent = "ping";

/**
 * A subprotocol of the official client, watched. The client says nothing during its own recovery, and throws into the
 * socket's callback when a message cannot be parsed (in Node that ends the process): its `protocol` option is the public
 * place to see every message first, and to turn nonsense into a counted drop.
 */
export function lineProtocol(subprotocol: Subprotocol, watch: LineWatch): WebPubSubClientProtocol {
  const inner = innerProtocol(subprotocol, watch);
  return {
    get name(): string {
      // Read by the client for each socket it opens. A link closed in mid recovery would otherwise be dialled for 30 s more.
      if (!watch.wanted) throw new Error("The link was closed.");
      return inner.name;
    },
    isReliableSubProtocol: inner.isReliableSubProtocol,
    parseMessages(input: string | ArrayBuffer): WebPubSubMessage[] | WebPubSubMessage | null {
      watch.heard();
      try {
        const message = inner.parseMessages(input);
        if (message !== null && "kind" in message && message.kind === "disconnected")
          watch.dismissed(reasonOf(message.message));
        return message;
      } catch {
        watch.drop("unreadable-message");
        return null;
      }
    },
    writeMessage(message: WebPubSubMessage): string | ArrayBuffer {
      return inner.writeMessage(
        message.kind === "sendEvent" && message.event === pingEvent ? { kind: "ping" } : message,
      );
    },
  };
}

function innerProtocol(subprotocol: Subprotocol, watch: LineWatch): WebPubSubClientProtocol {
  const onIgnored = (): void => watch.drop("unreadable-message");
  switch (subprotocol) {
    case "json":
      return WebPubSubJsonProtocol();
    case "json.reliable":
      return WebPubSubJsonReliableProtocol();
    case "protobuf":
      return WebPubSubProtobufProtocol({ onIgnored });
    case "protobuf.reliable":
      return WebPubSubProtobufReliableProtocol({ onIgnored });
    default:
      throw unreachable(subprotocol);
  }
}

/** Whether the service says on it who sent a message. */
export function namesSenders(subprotocol: Subprotocol): boolean {
  return subprotocol === "json" || subprotocol === "json.reliable";
}
