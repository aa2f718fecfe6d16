import { createHmac, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import { parseSender } from "y-webpubsub/core";
import type { Collab } from "./collab.ts";
import { tellWhenEmpty } from "./documents/presence.ts";
import { httpLimits } from "./limits.ts";
import { groupsOf } from "./negotiate.ts";
import { Problem } from "./problems.ts";
import type { BodyReader } from "./read-body.ts";

const prefix = "azure.webpubsub.sys.";

/**
 * The service asks whether this address wants events. It may be told yes whoever asks: each event is believed for its
 * signature alone, and the answer holds no secret.
 */
export function answerValidation(_request: Request, response: Response): void {
  response.set("WebHook-Allowed-Origin", "*").status(200).end();
}

/** An event of the service. `disconnected` becomes the session's bye (PR3); the others are taken and not used. */
export function postEvent(collab: Collab, bodies: BodyReader): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const connectionId = request.get("ce-connectionId") ?? "";
    if (!isSigned(request.get("ce-signature") ?? "", connectionId, collab.parts.accessKeys)) {
      collab.metrics.count("events-refused");
      collab.gate.refused(request);
      throw new Problem("event-refused");
    }
    await bodies.read(request, httpLimits.eventBytesMax);
    const type = request.get("ce-type") ?? "";
    const isOurs = request.get("ce-hub")?.toLowerCase() === collab.parts.hub.toLowerCase();
    if (!isOurs || !type.startsWith(prefix)) throw new Problem("event-refused", { what: "another hub or kind" });
    const event = type.slice(prefix.length);
    if (event !== "connect" && event !== "connected" && event !== "disconnected") {
      throw new Problem("event-refused", { what: "another hub or kind" });
    }
    collab.metrics.count(`events-${event}`);
    if (event === "disconnected") await sayBye(collab, userOf(request));
    response.status(204).end();
  };
}

/** `sha256=<hex>,sha256=<hex>`: one for each access key of the service, of which this server may know one or both. */
export function isSigned(header: string, connectionId: string, accessKeys: readonly string[]): boolean {
  if (connectionId === "" || header.length > httpLimits.queryLengthMax) return false;
  const given = header
    .split(",")
    .flatMap((part) => /^sha256=([0-9a-f]{64})$/i.exec(part.trim())?.[1] ?? [])
    .map((digits) => Buffer.from(digits, "hex"));
  const expected = accessKeys.map((key) => createHmac("sha256", key).update(connectionId).digest());
  let found = false;
  for (const one of given) {
    for (const other of expected) found = (one.length === other.length && timingSafeEqual(one, other)) || found;
  }
  return found;
}

/** What is not ASCII is percent-encoded on its way; only the session in front is used, which never is. */
function userOf(request: Request): string {
  return request.get("ce-userId") ?? "";
}

async function sayBye(collab: Collab, sub: string): Promise<void> {
  const sender = parseSender(sub);
  if (sender === null) return;
  const opened = await collab.ready();
  const { keys, rooms, access } = opened;
  const room = await rooms.find(sender.session);
  if (room === null) return collab.metrics.count("events-unknown-session");
  // The same session on a newer connection is not gone: reconnecting overtakes the event of the old one.
  if (await collab.isConnected(room)) return collab.metrics.count("events-overtaken");
  const { document, generation } = room;
  const { accessEpoch } = await access.rules(document);
  const group = groupsOf(keys, document, generation, accessEpoch).presence;
  const place = { document, group, generation, accessEpoch };
  collab.notices.publish(keys.signer, place, { type: "bye", session: room.session });
  collab.besides("webhook-empty", tellWhenEmpty({ collab, opened, document }));
}
