import { parseSender, type SessionId, type UserId } from "y-webpubsub/core";
import { groupsOf } from "../negotiate.ts";
import type { Desk } from "./edits.ts";
import { documentLimits } from "./limits.ts";

type Room = Pick<Desk, "collab" | "opened" | "document">;

export interface Present {
  readonly userId: UserId;
  readonly session: SessionId;
}

/** SE6: who is connected to a document now, as the service lists the members of its group; at most 1,000. */
export async function presentIn({ collab, opened, document }: Room): Promise<readonly Present[]> {
  const { generation } = await opened.documents.log(document).state();
  const { accessEpoch } = await opened.access.rules(document);
  const group = groupsOf(opened.keys, document, generation, accessEpoch).presence;
  const present: Present[] = [];
  const members = await collab.parts.service.group(group).listConnections({ maxPageSize: 200 });
  for await (const { userId } of members) {
    const sender = userId === undefined ? null : parseSender(userId);
    if (sender !== null) present.push(sender);
    if (present.length >= documentLimits.presentMax) break;
  }
  return present;
}

/** Somebody left: whoever wants to know is told when nobody is there any more. */
export async function tellWhenEmpty({ collab, opened, document }: Room): Promise<void> {
  const { webhooks } = collab;
  if (webhooks === null || (await presentIn({ collab, opened, document })).length > 0) return;
  const { generation, head } = await opened.documents.log(document).state();
  webhooks.happened("empty", document, generation, head);
}
