import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import { Message } from "./message.ts";
import type { AckError, AckId, ClientMessage, EventOutcome, Upstream, UpstreamClient } from "./ports.ts";

/** A service without event handlers: what Microsoft's emulator answers then. */
export const noUpstream: Upstream = {
  connected: () => undefined,
  disconnected: () => undefined,
  event: (_client, { event }, answer) => answer({ handled: false, problem: `No event handler takes '${event}'.` }),
};

/** An event goes upstream; the reply message comes before the ack. An id is never run twice, not even while it runs. */
export function raiseEvent(
  hub: Hub,
  connection: Connection,
  { event, ackId, payload }: Extract<ClientMessage, { type: "event" }>,
): void {
  if (ackId !== undefined && isRepetition(connection, ackId)) return;
  if (ackId !== undefined && connection.acks.start(ackId) === "running") return;
  hub.upstream.event(clientOf(connection), { event, payload }, (outcome) => {
    settle(hub, connection, ackId, outcome);
  });
}

/** True when the id has succeeded before: then the answer is given here and nothing is to be done. */
export function isRepetition(connection: Connection, ackId: AckId): boolean {
  if (!connection.acks.has(ackId)) return false;
  connection.say({ type: "ack", ackId, error: duplicate(ackId) });
  return true;
}

export function clientOf({ identity }: Connection): UpstreamClient {
  const { id: connectionId, userId, subprotocol, speaker } = identity;
  const client = { connectionId, userId, subprotocol };
  return speaker === undefined ? client : { ...client, session: speaker.names };
}

function settle(hub: Hub, connection: Connection, ackId: AckId | undefined, outcome: EventOutcome): void {
  if (outcome.handled && outcome.reply !== undefined) {
    connection.deliver(new Message({ from: "server" }, outcome.reply));
  }
  if (ackId !== undefined) acknowledge(connection, ackId, outcome);
  if (!outcome.handled && connection.identity.codec.closesOnFailedEvent === true && connection.state.phase === "open") {
    hub.expel(connection, 1011, "Internal server error");
  }
}

function acknowledge(connection: Connection, ackId: AckId, { handled }: EventOutcome): void {
  const failure: AckError = { name: "InternalServerError", message: "Internal server error" };
  const repeats = connection.acks.finish(ackId);
  if (handled) connection.acks.remember(ackId);
  connection.say({ type: "ack", ackId, error: handled ? undefined : failure });
  for (let i = 0; i < repeats; i++) {
    connection.say({ type: "ack", ackId, error: handled ? duplicate(ackId) : failure });
  }
}

function duplicate(ackId: AckId): AckError {
  return { name: "Duplicate", message: `Message with ack-id: ${ackId} has been processed` };
}
