import type { Limits } from "../limits.ts";
import { check } from "./check.ts";
import { parse } from "./parse.ts";
import { FilterProblem } from "./problem.ts";
import type { Subject } from "./subject.ts";

/** Whether an operation reaches a connection. */
export type Filter = (subject: Subject) => boolean;

export type FilterLimits = Pick<Limits, "filterCharsMax" | "filterDepthMax" | "filterClausesMax">;

/**
 * Reads a filter in the OData subset of Azure: once per request, to be asked once per connection. Takes time in
 * proportion to the text. `problem` is what the sender is told; neither this nor the filter ever throws.
 */
export function parseFilter(
  text: string,
  limits: FilterLimits,
): { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly problem: string } {
  const { filterCharsMax, filterDepthMax: depthMax, filterClausesMax: clausesMax } = limits;
  if (text.length > filterCharsMax) {
    return { ok: false, problem: `The filter is longer than ${filterCharsMax} characters. (Parameter 'filter')` };
  }
  try {
    return { ok: true, filter: check(parse(text, { depthMax, clausesMax }), text) };
  } catch (error) {
    if (error instanceof FilterProblem) return { ok: false, problem: error.message };
    throw error;
  }
}
