import { type Call, excluded, gone } from "./call.ts";
import type { Answer } from "./problems.ts";

export function closeAll(call: Call): Answer {
  call.hub.server.closeAll({ ...excluded(call), ...reason(call) });
  return gone;
}

export function closeGroup(call: Call): Answer {
  const [group = ""] = call.names;
  call.hub.server.closeGroup(group, { ...excluded(call), ...reason(call) });
  return gone;
}

export function closeUser(call: Call): Answer {
  const [user = ""] = call.names;
  call.hub.server.closeUser(user, { ...excluded(call), ...reason(call) });
  return gone;
}

/** A missing connection is no error: it may have left a moment ago. */
export function closeConnection(call: Call): Answer {
  const [id = ""] = call.names;
  call.hub.server.closeConnection(id, reason(call).reason);
  return gone;
}

function reason({ query }: Call): { readonly reason?: string } {
  const text = query.one("reason");
  return text === undefined ? {} : { reason: text };
}
