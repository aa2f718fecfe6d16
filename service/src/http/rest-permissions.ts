import { isGroupName } from "../core/names.ts";
import type { Permission } from "../core/roles.ts";
import { type Call, done, gone } from "./call.ts";
import { type Answer, badRequest, missing } from "./problems.ts";

export function grant(call: Call): Answer {
  return withPermission(call, (permission, id, group) => {
    switch (call.hub.server.grant(id, permission, group)) {
      case "granted":
        return done;
      case "missing":
        return missing("Info.Connection.NotExisted", "Connection", id);
      case "full":
        return full(call);
    }
  });
}

export function check(call: Call): Answer {
  return withPermission(call, (permission, id, group) =>
    call.hub.server.permits(id, permission, group) ? done : missing("Info.Connection.NotExisted", "Connection", id),
  );
}

export function revoke(call: Call): Answer {
  return withPermission(call, (permission, id, group) => {
    switch (call.hub.server.revoke(id, permission, group)) {
      case "revoked":
      case "missing":
        return gone;
      case "full":
        return full(call);
    }
  });
}

function full(call: Call): Answer {
  const message = `The connection holds ${call.hub.limits.groupPermissionsMax} permissions for single groups, the most it can hold.`;
  return { status: 409, code: "Error.Connection.Conflict", message, target: "Connection" };
}

/** Permissions ignore case; `targetName` is a group, to the letter. */
function withPermission(call: Call, act: (permission: Permission, id: string, group: string) => Answer): Answer {
  const [name = "", id = ""] = call.names;
  const permission = (["sendToGroup", "joinLeaveGroup"] as const).find(
    (known) => known.toLowerCase() === name.toLowerCase(),
  );
  if (permission === undefined) return badRequest("The permission must be sendToGroup or joinLeaveGroup.");
  const group = call.query.one("targetName") ?? "";
  if (!isGroupName(group, call.hub.limits.groupNameCharsMax)) return badRequest("targetName must name a group.");
  return act(permission, id, group);
}
