import { type Call, done, type Handler } from "./call.ts";
import { type Answer, missing, unauthorized } from "./problems.ts";
import { closeAll, closeConnection, closeGroup, closeUser } from "./rest-closes.ts";
import {
  addAllToGroups,
  addToGroup,
  addUserToGroup,
  removeAllFromGroups,
  removeConnectionFromAllGroups,
  removeFromGroup,
  removeUserFromAllGroups,
  removeUserFromGroup,
} from "./rest-groups.ts";
import { listGroup } from "./rest-members.ts";
import { check, grant, revoke } from "./rest-permissions.ts";
import { sendToAll, sendToConnection, sendToGroup, sendToUser } from "./rest-sends.ts";

/** Every operation below `/api/hubs/{hub}`. A segment in braces is a name. `HEAD /api/health` is the router's. */
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

/** For Microsoft Entra ID callers, who have no key. Whoever got here has one. */
function generateToken(): Answer {
  return unauthorized(
    "generateToken is for Microsoft Entra ID callers. With an access key, sign client tokens yourself, " +
      "as getClientAccessToken of the SDK does.",
  );
}
