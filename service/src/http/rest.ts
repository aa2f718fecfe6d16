import type { IncomingMessage } from "node:http";
import type { Hub } from "../core/hub.ts";
import { isGroupName } from "../core/names.ts";
import type { Permission } from "../core/roles.ts";
import { readGroupsBody, readPayload } from "./body.ts";
import { type Answer, badRequest, missing } from "./problems.ts";

/** One call whose token, hub name and version have been checked. */
export interface Call {
  readonly hub: Hub;
  /** Decoded path segments, in the order of the route's names. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  /** Absolute URL of the call without its query. */
  readonly url: string;
}

type Handler = (call: Call) => Answer | Promise<Answer>;

/** Every operation below `/api/hubs/{hub}`. A segment in braces is a name; the numbers are those of docs/service.md. */
export const routes: readonly (readonly [method: string, path: string, handle: Handler])[] = [
  ["POST", ":addToGroups", addAllToGroups],
  ["POST", ":removeFromGroups", removeAllFromGroups],
  ["POST", ":closeConnections", closeAll],
  ["POST", ":generateToken", generateToken],
  ["POST", ":send", sendToAll],
  ["DELETE", "connections/{id}", closeConnection],
  ["HEAD", "connections/{id}", connectionExists],
  ["POST", "connections/{id}/:send", sendToConnection],
  ["DELETE", "connections/{id}/groups", removeConnectionFromAllGroups],
  ["HEAD", "groups/{group}", groupExists],
  ["POST", "groups/{group}/:closeConnections", closeGroup],
  ["POST", "groups/{group}/:send", sendToGroup],
  ["GET", "groups/{group}/connections", listGroup],
  ["PUT", "groups/{group}/connections/{id}", addToGroup],
  ["DELETE", "groups/{group}/connections/{id}", removeFromGroup],
  ["PUT", "permissions/{permission}/connections/{id}", grant],
  ["HEAD", "permissions/{permission}/connections/{id}", check],
  ["DELETE", "permissions/{permission}/connections/{id}", revoke],
  ["HEAD", "users/{user}", userExists],
  ["POST", "users/{user}/:closeConnections", closeUser],
  ["POST", "users/{user}/:send", sendToUser],
  ["DELETE", "users/{user}/groups", removeUserFromAllGroups],
  ["PUT", "users/{user}/groups/{group}", addUserToGroup],
  ["DELETE", "users/{user}/groups/{group}", removeUserFromGroup],
];

const done: Answer = { status: 200 };
const accepted: Answer = { status: 202 };
const gone: Answer = { status: 204 };
const pageSizeMax = 200;
const topMax = 2_147_483_647;
const ttlSecondsMax = 300;

async function sendToAll(call: Call): Promise<Answer> {
  return send(call, (payload) => call.hub.server.sendToAll(payload, excluded(call)));
}

async function sendToGroup(call: Call): Promise<Answer> {
  const [group = ""] = call.names;
  return send(call, (payload) => call.hub.server.sendToGroup(group, payload, excluded(call)));
}

async function sendToUser(call: Call): Promise<Answer> {
  const [user = ""] = call.names;
  return send(call, (payload) => call.hub.server.sendToUser(user, payload));
}

async function sendToConnection(call: Call): Promise<Answer> {
  const [id = ""] = call.names;
  return send(call, (payload) => call.hub.server.sendToConnection(id, payload));
}

async function send(call: Call, deliver: (payload: Awaited<ReturnType<typeof readPayload>>) => void): Promise<Answer> {
  if (call.query.has("filter")) return noFilter();
  if (wholeNumber(call, "messageTtlSeconds", { min: 0, max: ttlSecondsMax }) === "wrong") {
    return badRequest(`messageTtlSeconds must be a whole number from 0 to ${ttlSecondsMax}.`);
  }
  deliver(await readPayload(call.request, call.hub.limits.messageBytesMax));
  return accepted;
}

function closeAll(call: Call): Answer {
  call.hub.server.closeAll({ ...excluded(call), ...reason(call) });
  return gone;
}

function closeGroup(call: Call): Answer {
  const [group = ""] = call.names;
  call.hub.server.closeGroup(group, { ...excluded(call), ...reason(call) });
  return gone;
}

function closeUser(call: Call): Answer {
  const [user = ""] = call.names;
  call.hub.server.closeUser(user, { ...excluded(call), ...reason(call) });
  return gone;
}

function closeConnection(call: Call): Answer {
  const [id = ""] = call.names;
  call.hub.server.closeConnection(id, call.query.get("reason") ?? undefined);
  return gone;
}

async function addAllToGroups(call: Call): Promise<Answer> {
  return changeAll(call, (groups) => call.hub.server.addAllToGroups(groups));
}

async function removeAllFromGroups(call: Call): Promise<Answer> {
  return changeAll(call, (groups) => call.hub.server.removeAllFromGroups(groups));
}

async function changeAll(call: Call, change: (groups: readonly string[]) => void): Promise<Answer> {
  const { limits } = call.hub;
  const { groups, filter } = await readGroupsBody(call.request, limits.messageBytesMax);
  if (filter !== undefined && filter !== null) return noFilter();
  const wrong = groups.find((group) => !isGroupName(group, limits.groupNameCharsMax));
  if (wrong !== undefined) return badRequest("A group name in 'groups' is blank or too long.");
  change(groups);
  return done;
}

function addToGroup(call: Call): Answer {
  const [group = "", id = ""] = call.names;
  if (call.hub.server.addToGroup(id, group) === "added") return done;
  return missing("Error.Connection.NotExisted", "Connection", id);
}

function removeFromGroup(call: Call): Answer {
  const [group = "", id = ""] = call.names;
  call.hub.server.removeFromGroup(id, group);
  return gone;
}

function removeConnectionFromAllGroups(call: Call): Answer {
  const [id = ""] = call.names;
  call.hub.server.removeFromAllGroups(id);
  return gone;
}

function addUserToGroup(call: Call): Answer {
  const [user = "", group = ""] = call.names;
  if (call.hub.server.addUserToGroup(user, group) === "added") return done;
  return missing("Error.User.NotExisted", "User", user);
}

function removeUserFromGroup(call: Call): Answer {
  const [user = "", group = ""] = call.names;
  call.hub.server.removeUserFromGroup(user, group);
  return gone;
}

function removeUserFromAllGroups(call: Call): Answer {
  const [user = ""] = call.names;
  call.hub.server.removeUserFromAllGroups(user);
  return gone;
}

function connectionExists(call: Call): Answer {
  const [id = ""] = call.names;
  return call.hub.server.hasConnection(id) ? done : missing("Info.Connection.NotExisted", "Connection", id);
}

function groupExists(call: Call): Answer {
  const [group = ""] = call.names;
  return call.hub.server.hasGroup(group) ? done : missing("Warning.Group.NotExisted", "Group", group);
}

function userExists(call: Call): Answer {
  const [user = ""] = call.names;
  return call.hub.server.hasUser(user) ? done : missing("Warning.User.NotExisted", "User", user);
}

function grant(call: Call): Answer {
  return withPermission(call, (permission, id, group) => {
    switch (call.hub.server.grant(id, permission, group)) {
      case "granted":
        return done;
      case "missing":
        return missing("Info.Connection.NotExisted", "Connection", id);
      case "full":
        return {
          status: 409,
          code: "Error.Connection.Conflict",
          message: `The connection holds ${call.hub.limits.groupPermissionsMax} permissions, the most it can hold.`,
          target: "Connection",
        };
    }
  });
}

function check(call: Call): Answer {
  return withPermission(call, (permission, id, group) =>
    call.hub.server.permits(id, permission, group) ? done : missing("Info.Connection.NotExisted", "Connection", id),
  );
}

function revoke(call: Call): Answer {
  return withPermission(call, (permission, id, group) => {
    call.hub.server.revoke(id, permission, group);
    return gone;
  });
}

function withPermission(call: Call, act: (permission: Permission, id: string, group: string) => Answer): Answer {
  const [name = "", id = ""] = call.names;
  const permission = (["sendToGroup", "joinLeaveGroup"] as const).find(
    (known) => known.toLowerCase() === name.toLowerCase(),
  );
  if (permission === undefined) return badRequest("The permission must be sendToGroup or joinLeaveGroup.");
  const group = call.query.get("targetName") ?? "";
  if (!isGroupName(group, call.hub.limits.groupNameCharsMax)) return badRequest("targetName must name a group.");
  return act(permission, id, group);
}

function listGroup(call: Call): Answer {
  const [group = ""] = call.names;
  const size = wholeNumber(call, "maxpagesize", { min: 1, max: pageSizeMax });
  const top = wholeNumber(call, "top", { min: 1, max: topMax });
  if (size === "wrong") return badRequest(`maxpagesize must be a whole number from 1 to ${pageSizeMax}.`);
  if (top === "wrong") return badRequest(`top must be a whole number from 1 to ${topMax}.`);
  const after = Buffer.from(call.query.get("continuationToken") ?? "", "base64url").toString("utf8");
  const rest = call.hub.server.groupMembers(group).filter((member) => member.connectionId > after);
  const wanted = Math.min(top ?? topMax, rest.length);
  const value = rest.slice(0, Math.min(size ?? pageSizeMax, wanted));
  const last = value.at(-1);
  if (last === undefined || value.length === wanted) return { status: 200, body: { value } };
  const query = new URLSearchParams(call.query);
  query.set("continuationToken", Buffer.from(last.connectionId, "utf8").toString("base64url"));
  if (top !== undefined) query.set("top", String(top - value.length));
  return { status: 200, body: { value, nextLink: `${call.url}?${query}` } };
}

function generateToken(): Answer {
  return badRequest("Token generation is not offered here: sign client tokens with the access key, as the SDKs do.");
}

function noFilter(): Answer {
  return badRequest("OData filters are not offered by this version of the service. Leave out 'filter'.");
}

function excluded(call: Call): { readonly excluded: readonly string[] } {
  return { excluded: call.query.getAll("excluded") };
}

function reason(call: Call): { readonly reason?: string } {
  const text = call.query.get("reason");
  return text === null ? {} : { reason: text };
}

function wholeNumber(call: Call, name: string, range: { min: number; max: number }): number | undefined | "wrong" {
  const text = call.query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  return /^\d{1,10}$/.test(text) && value >= range.min && value <= range.max ? value : "wrong";
}
