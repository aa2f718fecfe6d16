import { createHash } from "node:crypto";
import type { Call } from "./call.ts";
import { type Answer, badRequest, RequestProblem } from "./problems.ts";

const pageSizeMax = 200;
const topMax = 2_147_483_647;
const pageParameters = ["api-version", "maxpagesize"] as const;

/** One page of a group's members, in the order of their connection ids. Members may come and go between pages. */
export function listGroup(call: Call): Answer {
  const [group = ""] = call.names;
  const size = call.query.wholeNumber("maxpagesize", { min: 1, max: pageSizeMax }) ?? pageSizeMax;
  const top = call.query.wholeNumber("top", { min: 1, max: topMax });
  const wanted = Math.min(size, top ?? topMax);
  const found = call.hub.server.groupMembers(group, { after: readPlace(call, group), count: wanted + 1 });
  const value = found.slice(0, wanted);
  const last = value.at(-1);
  if (last === undefined || found.length <= wanted || wanted === top) return { status: 200, body: { value } };
  const next = new URLSearchParams();
  for (const name of pageParameters) {
    const given = call.query.one(name);
    if (given !== undefined) next.set(name, given);
  }
  next.set("continuationToken", placeToken(call, group, last.connectionId));
  if (top !== undefined) next.set("top", String(top - value.length));
  return { status: 200, body: { value, nextLink: `${call.url}?${next}` } };
}

/** The connection id that the last page ended with; "" for the first page. */
function readPlace(call: Call, group: string): string {
  const token = call.query.one("continuationToken");
  if (token === undefined) return "";
  const place = Buffer.from(token, "base64url").subarray(groupMarkBytes).toString("utf8");
  if (place !== "" && placeToken(call, group, place) === token) return place;
  throw new RequestProblem(badRequest("continuationToken must be that of a nextLink of the same group."));
}

const groupMarkBytes = 8;

/** No secret: it says where a list goes on, and of which group. */
function placeToken(call: Call, group: string, connectionId: string): string {
  const mark = createHash("sha256").update(`${call.hub.name}/${group}`).digest().subarray(0, groupMarkBytes);
  return Buffer.concat([mark, Buffer.from(connectionId, "utf8")]).toString("base64url");
}
