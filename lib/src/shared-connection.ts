import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { parseSessionId, type SessionId, senderName, type UserId } from "y-webpubsub/core";
import { httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";

/** CN10: a live connection that a client names to have another document on it. */
export interface NamedConnection {
  /** As the service calls it. */
  readonly id: string;
  /** Whose ticket it was dialled with. */
  readonly session: SessionId;
}

export interface Grants {
  /** Every group the connection is to be in. */
  readonly groups: readonly string[];
  /** Those of them that it may publish to. */
  readonly sendTo: readonly string[];
}

/** Null: the client names none. */
export function connectionIn(value: unknown): NamedConnection | null {
  if (value === undefined || value === null) return null;
  const fields = new Map<string, unknown>(typeof value === "object" ? Object.entries(value) : []);
  const [id, session] = [fields.get("id"), fields.get("session")];
  const parsed = typeof session === "string" ? parseSessionId(session) : null;
  const isSound = typeof id === "string" && id !== "" && id.length <= httpLimits.connectionIdLengthMax;
  if (!isSound || parsed === null) throw new Problem("body-invalid", { what: "connection" });
  return { id, session: parsed };
}

/**
 * CN10: gives the connection groups and permissions, if it is this user's own: the service itself must list it among the
 * user's connections, under the name of the session it was dialled for. False: it is not, or not any more.
 */
export async function attach(
  service: WebPubSubServiceClient,
  connection: NamedConnection,
  owner: { readonly userId: UserId; readonly userGroup: string },
  { groups, sendTo }: Grants,
): Promise<boolean> {
  if (!(await isOwn(service, connection, owner))) return false;
  return whileThere(async () => {
    await Promise.all(
      sendTo.map((group) => service.grantPermission(connection.id, "sendToGroup", { targetName: group })),
    );
    // Members hear at once: what they may say comes first.
    await Promise.all(groups.map((group) => service.group(group).addConnection(connection.id)));
  });
}

/** CN10: the document is closed on this connection. A connection that is not the user's is left as it is. */
export async function release(
  service: WebPubSubServiceClient,
  connection: NamedConnection,
  owner: { readonly userId: UserId; readonly userGroup: string },
  { groups, sendTo }: Grants,
): Promise<boolean> {
  if (!(await isOwn(service, connection, owner))) return false;
  return whileThere(async () => {
    await Promise.all([
      ...groups.map((group) => service.group(group).removeConnection(connection.id)),
      ...sendTo.map((group) => service.revokePermission(connection.id, "sendToGroup", { targetName: group })),
    ]);
  });
}

async function isOwn(
  service: WebPubSubServiceClient,
  connection: NamedConnection,
  { userId, userGroup }: { readonly userId: UserId; readonly userGroup: string },
): Promise<boolean> {
  const name = senderName(connection.session, userId);
  for await (const member of await service.group(userGroup).listConnections()) {
    if (member.connectionId === connection.id) return member.userId === name;
  }
  return false;
}

/** The connection may end at any time; then the client dials anew. */
async function whileThere(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return false;
    throw error;
  }
}
