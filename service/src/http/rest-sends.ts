import type { Sending } from "../core/operations.ts";
import type { Payload } from "../core/ports.ts";
import { readPayload } from "./body.ts";
import { accepted, type Call, excluded, filter } from "./call.ts";
import type { Answer } from "./problems.ts";

const ttlSecondsMax = 300;

export async function sendToAll(call: Call): Promise<Answer> {
  const selection = { ...ttl(call), ...queryFilter(call), ...excluded(call) };
  return send(call, (payload) => call.hub.server.sendToAll(payload, selection));
}

export async function sendToGroup(call: Call): Promise<Answer> {
  const [group = ""] = call.names;
  const selection = { ...ttl(call), ...queryFilter(call), ...excluded(call) };
  return send(call, (payload) => call.hub.server.sendToGroup(group, payload, selection));
}

export async function sendToUser(call: Call): Promise<Answer> {
  const [user = ""] = call.names;
  const selection = { ...ttl(call), ...queryFilter(call) };
  return send(call, (payload) => call.hub.server.sendToUser(user, payload, selection));
}

export async function sendToConnection(call: Call): Promise<Answer> {
  const [id = ""] = call.names;
  const sending = ttl(call);
  return send(call, (payload) => call.hub.server.sendToConnection(id, payload, sending));
}

/** The query has been checked by now: it counts before the body, as on Azure. */
async function send(call: Call, deliver: (payload: Payload) => void): Promise<Answer> {
  deliver(await readPayload(call.request, call.hub.limits.messageBytesMax));
  return accepted;
}

function ttl({ query }: Call): Sending {
  return { ttlSeconds: query.wholeNumber("messageTtlSeconds", { min: 0, max: ttlSecondsMax }) ?? 0 };
}

function queryFilter(call: Call): Sending {
  return filter(call, call.query.one("filter"));
}
