import { isGroupName } from "../core/names.ts";
import type { Selection } from "../core/operations.ts";
import { readGroupsBody } from "./body.ts";
import { type Call, done, filter, gone } from "./call.ts";
import { type Answer, badRequest, missing } from "./problems.ts";

export async function addAllToGroups(call: Call): Promise<Answer> {
  return changeAll(call, (groups, selection) => call.hub.server.addAllToGroups(groups, selection));
}

export async function removeAllFromGroups(call: Call): Promise<Answer> {
  return changeAll(call, (groups, selection) => call.hub.server.removeAllFromGroups(groups, selection));
}

async function changeAll(
  call: Call,
  change: (groups: readonly string[], selection: Selection) => void,
): Promise<Answer> {
  const { limits } = call.hub;
  const body = await readGroupsBody(call.request, limits.messageBytesMax);
  const wrong = body.groups.find((group) => !isGroupName(group, limits.groupNameCharsMax));
  if (wrong !== undefined) return badRequest("A group name in 'groups' is blank or too long.");
  change(body.groups, filter(call, body.filter));
  return done;
}

export function addToGroup(call: Call): Answer {
  const [group = "", id = ""] = call.names;
  if (call.hub.server.addToGroup(id, group) === "added") return done;
  return missing("Error.Connection.NotExisted", "Connection", id);
}

export function removeFromGroup(call: Call): Answer {
  const [group = "", id = ""] = call.names;
  call.hub.server.removeFromGroup(id, group);
  return gone;
}

export function removeConnectionFromAllGroups(call: Call): Answer {
  const [id = ""] = call.names;
  call.hub.server.removeFromAllGroups(id);
  return gone;
}

export function addUserToGroup(call: Call): Answer {
  const [user = "", group = ""] = call.names;
  if (call.hub.server.addUserToGroup(user, group) === "added") return done;
  return missing("Error.User.NotExisted", "User", user);
}

export function removeUserFromGroup(call: Call): Answer {
  const [user = "", group = ""] = call.names;
  call.hub.server.removeUserFromGroup(user, group);
  return gone;
}

export function removeUserFromAllGroups(call: Call): Answer {
  const [user = ""] = call.names;
  call.hub.server.removeUserFromAllGroups(user);
  return gone;
}
