import type { WebPubSubClient } from "@azure/web-pubsub-client";

interface Acks {
  registerAck(ackId?: number): { readonly ackId: number; wait(): Promise<unknown> };
}

/**
 * The official client (1.1.0, pinned) rejects what waits for an ack when its socket closes. When that happens while the
 * message is still on its way into the socket, nobody waits yet, and Node ends the process for a rejection that nobody
 * handles. Here somebody always does; whoever waits later is rejected all the same.
 */
export function quietAcks(client: WebPubSubClient): void {
  const acks: unknown = Reflect.get(client, "_ackManager");
  if (!isAcks(acks)) return;
  const register = acks.registerAck.bind(acks);
  acks.registerAck = (ackId) => {
    const entry = register(ackId);
    entry.wait().catch(() => undefined);
    return entry;
  };
}

function isAcks(acks: unknown): acks is Acks {
  return typeof acks === "object" && acks !== null && "registerAck" in acks && typeof acks.registerAck === "function";
}
