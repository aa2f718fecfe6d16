import type { IncomingMessage } from "node:http";
import { type Filter, parseFilter } from "../core/filter/filter.ts";
import type { Hub } from "../core/hub.ts";
import { type Answer, badRequest, RequestProblem } from "./problems.ts";
import type { Query } from "./query.ts";

/** One REST call whose token, hub name and version have been checked. */
export interface Call {
  readonly hub: Hub;
  /** Decoded path segments, in the order of the route's names. */
  readonly names: readonly string[];
  readonly query: Query;
  readonly request: IncomingMessage;
  /** Absolute URL of the call without its query. */
  readonly url: string;
}

/** May throw `RequestProblem`. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

export const done: Answer = { status: 200 };
export const accepted: Answer = { status: 202 };
export const gone: Answer = { status: 204 };

export function excluded({ query }: Call): { readonly excluded: readonly string[] } {
  return { excluded: query.all("excluded") };
}

/** A filter in a query or a body; an empty one is none. Throws `RequestProblem`. */
export function filter(call: Call, text: unknown): { readonly filter?: Filter } {
  if (text === undefined || text === null || text === "") return {};
  if (typeof text !== "string") throw new RequestProblem(badRequest("'filter' must be a text."));
  const parsed = parseFilter(text, call.hub.limits);
  if (!parsed.ok) throw new RequestProblem(badRequest(parsed.problem));
  return { filter: parsed.filter };
}
