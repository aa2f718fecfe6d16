import { unreachable } from "./assert.ts";
import type { Connection } from "./connection.ts";
import { isRepetition, raiseEvent } from "./events.ts";
import type { Hub } from "./hub.ts";
import { Message } from "./message.ts";
import { isGroupName } from "./names.ts";
import type { AckError, AckId, ClientMessage, Payload, Unsupported } from "./ports.ts";

/** One request of a client. A request with an `ackId` gets exactly one ack; without it, failures are silent. */
export function serve(hub: Hub, connection: Connection, message: ClientMessage): void {
  switch (message.type) {
    case "joinGroup":
      answer(connection, message.ackId, () => join(hub, connection, message.group));
      break;
    case "leaveGroup":
      answer(connection, message.ackId, () => leave(hub, connection, message.group));
      break;
    case "sendToGroup":
      answer(connection, message.ackId, () => send(hub, connection, message));
      break;
    case "event":
      raiseEvent(hub, connection, message);
      break;
    case "plain":
      servePlain(hub, connection, message.payload);
      break;
    case "sequenceAck":
      connection.session?.acknowledge(message.sequenceId);
      break;
    case "ping":
      connection.say({ type: "pong" });
      break;
    case "unsupported":
      refuse(connection, message.answer);
      break;
    default:
      throw unreachable(message);
  }
}

/** A plain client cannot be told of a failure: the connection ends. */
function servePlain(hub: Hub, connection: Connection, payload: Payload): void {
  const { plainMode } = connection.identity;
  switch (plainMode.mode) {
    case "sendEvent":
      raiseEvent(hub, connection, { type: "event", event: "message", ackId: undefined, payload });
      break;
    case "sendToGroup": {
      const { group, noEcho } = plainMode;
      const request = { type: "sendToGroup", group, noEcho, ackId: undefined, ttlSeconds: undefined, payload } as const;
      const error = send(hub, connection, request);
      if (error !== undefined) hub.expel(connection, 1008, error.message);
      break;
    }
    default:
      throw unreachable(plainMode);
  }
}

function answer(connection: Connection, ackId: AckId | undefined, perform: () => AckError | undefined): void {
  if (ackId !== undefined && isRepetition(connection, ackId)) return;
  const error = perform();
  if (ackId === undefined) return;
  if (error === undefined) connection.acks.remember(ackId);
  connection.say({ type: "ack", ackId, error });
}

function join(hub: Hub, connection: Connection, group: string): AckError | undefined {
  if (!connection.identity.permissions.allows("joinLeaveGroup", group)) return forbidden("join", group);
  const problem = groupProblem(hub, group);
  if (problem !== undefined) return problem;
  if (connection.memberships.size >= hub.limits.groupsPerConnectionMax) {
    return badRequest(`The connection is in ${hub.limits.groupsPerConnectionMax} groups, the most it can be in.`);
  }
  hub.groups.join(connection, group);
  return undefined;
}

function leave(hub: Hub, connection: Connection, group: string): AckError | undefined {
  if (!connection.identity.permissions.allows("joinLeaveGroup", group)) return forbidden("leave", group);
  hub.groups.leave(connection, group);
  return undefined;
}

function send(
  hub: Hub,
  connection: Connection,
  request: Extract<ClientMessage, { type: "sendToGroup" }>,
): AckError | undefined {
  const { group, payload, noEcho, ttlSeconds } = request;
  const { permissions, userId } = connection.identity;
  if (!permissions.allows("sendToGroup", group)) return forbidden("send to", group);
  const problem = groupProblem(hub, group);
  if (problem !== undefined) return problem;
  const members = hub.groups.find(group)?.members ?? [];
  const message = new Message({ from: "group", group, fromUserId: userId }, payload, hub.expiry(ttlSeconds));
  for (const member of members) {
    if (!noEcho || member !== connection) member.deliver(message);
  }
  return undefined;
}

function refuse(connection: Connection, to: Unsupported): void {
  const error = badRequest("This service does not offer this kind of message.");
  switch (to.to) {
    case "stream":
      connection.say({ type: "streamClosed", streamId: to.streamId, error });
      break;
    case "invoke":
      connection.say({ type: "invokeFailed", invocationId: to.invocationId, error });
      break;
    case "ack":
      connection.say({ type: "ack", ackId: to.ackId, error });
      break;
    case "nobody":
      break;
    default:
      throw unreachable(to);
  }
}

function forbidden(action: string, group: string): AckError {
  return { name: "Forbidden", message: `The client does not have permission to ${action} group '${group}'.` };
}

function badRequest(message: string): AckError {
  return { name: "BadRequest", message };
}

function groupProblem(hub: Hub, group: string): AckError | undefined {
  if (isGroupName(group, hub.limits.groupNameCharsMax)) return undefined;
  return badRequest(`A group name has 1 to ${hub.limits.groupNameCharsMax} characters and is not blank.`);
}
