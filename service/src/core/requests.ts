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
      answer(connection, message.ackId, () => joinGroup(hub, connection, message.group));
      break;
    case "leaveGroup":
      answer(connection, message.ackId, () => leaveGroup(hub, connection, message.group));
      break;
    case "sendToGroup":
      answer(connection, message.ackId, () => sendToGroup(hub, connection, message));
      break;
    case "event":
      raiseEvent(hub, connection, message);
      break;
    case "plain":
      servePlain(hub, connection, message.payload);
      break;
    case "sequenceAck":
      connection.acknowledge(message.sequenceId);
      break;
    case "ping":
      connection.say({ type: "pong" });
      break;
    case "streamStart":
      connection.streamsOf(hub).start(message);
      break;
    case "streamData":
      connection.streamsOf(hub).data(message.streamId, message.sequenceId, message.payload);
      break;
    case "streamAlive":
      connection.streamsOf(hub).alive(message.streamId);
      break;
    case "streamEnd":
      connection.streamsOf(hub).end(message.streamId, message.error);
      break;
    case "invoke":
      connection.invocationsOf(hub).invoke(message.invocationId, message.event, message.payload);
      break;
    case "cancelInvocation":
      connection.invocationsOf(hub).cancel(message.invocationId);
      break;
    case "setGroupState":
    case "subscribeGroupState":
    case "unsubscribeGroupState":
      answer(connection, message.ackId, () => changeState(hub, connection, message));
      // After the ack, as an answer to it.
      if (message.type === "subscribeGroupState") hub.groups.find(message.group)?.presence?.tell(connection);
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
      const error = sendToGroup(hub, connection, { group, noEcho, ttlSeconds: undefined, payload });
      if (error !== undefined) hub.expel(connection, 1008, error.message);
      break;
    }
    default:
      throw unreachable(plainMode);
  }
}

type Sending = Pick<Extract<ClientMessage, { type: "sendToGroup" }>, "group" | "payload" | "noEcho" | "ttlSeconds">;

function answer(connection: Connection, ackId: AckId | undefined, perform: () => AckError | undefined): void {
  if (ackId !== undefined && isRepetition(connection, ackId)) return;
  const error = perform();
  if (ackId === undefined) return;
  if (error === undefined) connection.acks.remember(ackId);
  connection.say({ type: "ack", ackId, error });
}

/** For every protocol: the client's own wish, with its permissions. */
export function joinGroup(hub: Hub, connection: Connection, group: string): AckError | undefined {
  if (!connection.identity.permissions.allows("joinLeaveGroup", group)) return forbidden("join", group);
  const problem = groupProblem(hub, group);
  if (problem !== undefined) return problem;
  if (connection.memberships.size >= hub.limits.groupsPerConnectionMax) {
    return badRequest(`The connection is in ${hub.limits.groupsPerConnectionMax} groups, the most it can be in.`);
  }
  hub.groups.join(connection, group);
  return undefined;
}

export function leaveGroup(hub: Hub, connection: Connection, group: string): AckError | undefined {
  if (!connection.identity.permissions.allows("joinLeaveGroup", group)) return forbidden("leave", group);
  hub.groups.leave(connection, group);
  return undefined;
}

export function sendToGroup(hub: Hub, connection: Connection, request: Sending): AckError | undefined {
  const { group, payload, noEcho, ttlSeconds } = request;
  const { userId } = connection.identity;
  const problem = publishProblem(hub, connection, group);
  if (problem !== undefined) return problem;
  const message = new Message(
    { from: "group", group, fromUserId: userId },
    payload,
    hub.expiry(ttlSeconds),
    ttlSeconds,
  );
  hub.groups.deliver(group, message, noEcho ? connection : undefined);
  return undefined;
}

/** Why a client must not publish to a group. */
export function publishProblem(hub: Hub, connection: Connection, group: string): AckError | undefined {
  if (!connection.identity.permissions.allows("sendToGroup", group)) return forbidden("send to", group);
  return groupProblem(hub, group);
}

/** Members only: what a member says of itself goes with its membership. */
function changeState(hub: Hub, connection: Connection, request: StateRequest): AckError | undefined {
  const group = hub.groups.find(request.group);
  if (group === undefined || !connection.memberships.has(group)) {
    return { name: "Forbidden", message: `The client is not a member of the group '${request.group}'.` };
  }
  const presence = hub.groups.presenceOf(group);
  switch (request.type) {
    case "setGroupState":
      presence.set(connection, request.state, hub.wallClock());
      break;
    case "subscribeGroupState":
      presence.listen(connection);
      break;
    case "unsubscribeGroupState":
      presence.unlisten(connection);
      break;
    default:
      throw unreachable(request);
  }
  return undefined;
}

type StateRequest = Extract<ClientMessage, { type: "setGroupState" | "subscribeGroupState" | "unsubscribeGroupState" }>;

function refuse(connection: Connection, to: Unsupported): void {
  const error = badRequest("This service does not offer this kind of message.");
  switch (to.to) {
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
