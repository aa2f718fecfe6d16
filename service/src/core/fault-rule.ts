/**
 * What goes wrong with what a rule matches. Times are milliseconds.
 *
 * - `drop`: the frame vanishes. `duplicate`: it comes twice.
 * - `delay`: it comes later, in order with the other delayed frames. `reorder`: it comes up to `spanMs` later, in any order.
 * - `cut`: the transport ends without a handshake, and the frame with it.
 * - `slow`: frames to the client leave at this rate; 0 is a client that has stopped reading. Outgoing only.
 * - `refuse-recovery`: a recovery of the connection is closed with 1008.
 * - `refuse-call`: a REST call is answered with `status`, and `Retry-After` when given.
 */
export type Fault =
  | { readonly type: "drop" }
  | { readonly type: "duplicate" }
  | { readonly type: "delay"; readonly delayMs: number }
  | { readonly type: "reorder"; readonly spanMs: number }
  | { readonly type: "cut" }
  | { readonly type: "slow"; readonly bytesPerSecond: number }
  | { readonly type: "refuse-recovery" }
  | { readonly type: "refuse-call"; readonly status: RefusedStatus; readonly retryAfterSeconds?: number };

export type RefusedStatus = 429 | 500 | 502 | 503 | 504;
/** As the service sees it: `in` comes from a client, `out` goes to one. */
export type Direction = "in" | "out";

/** Every condition that is given must hold. A rule without conditions matches everything its fault can touch. */
export interface FaultRule {
  readonly fault: Fault;
  /** Ignores case. */
  readonly hub?: string;
  readonly connectionId?: string;
  readonly userId?: string;
  /** Frames that carry or ask for something of this group. */
  readonly group?: string;
  /** Default: both. */
  readonly direction?: Direction;
  /** Part of a call's path, such as `:send`. For `refuse-call` only. */
  readonly path?: string;
  /** Chance of each match to count, 0 to 1. Default 1. */
  readonly probability?: number;
  /** After so many matches the rule is over. Default: none. */
  readonly times?: number;
}

export const delayMsMax = 60_000;
const namesCharsMax = 1_024;
const retryAfterSecondsMax = 3_600;
const bytesPerSecondMax = 1e9;
const timesMax = 1e9;
const statuses: readonly unknown[] = [429, 500, 502, 503, 504];
const texts = ["hub", "connectionId", "userId", "group", "path"] as const;
const known: ReadonlySet<string> = new Set([...texts, "fault", "direction", "probability", "times"]);

/** A rule from outside, or the sentence that says what is wrong with it. */
export function readFaultRule(value: unknown): FaultRule | string {
  if (!isRecord(value)) return "A fault rule is an object.";
  const stranger = Object.keys(value).find((key) => !known.has(key));
  if (stranger !== undefined) return `A fault rule has no '${stranger}'. Known are ${[...known].join(", ")}.`;
  for (const key of texts) {
    const text = value[key];
    if (text !== undefined && (typeof text !== "string" || text === "" || text.length > namesCharsMax)) {
      return `'${key}' must be a text of 1 to ${namesCharsMax} characters.`;
    }
  }
  const { direction, probability, times, fault } = value;
  if (direction !== undefined && direction !== "in" && direction !== "out") return "'direction' must be in or out.";
  if (probability !== undefined && !within(probability, 0, 1)) return "'probability' must be a number from 0 to 1.";
  if (times !== undefined && !(within(times, 1, timesMax) && Number.isInteger(times))) {
    return `'times' must be a whole number from 1 to ${timesMax}.`;
  }
  const problem = faultProblem(fault);
  if (problem !== undefined) return problem;
  const rule = value as unknown as FaultRule;
  return conditionProblem(rule) ?? { ...rule, fault: { ...rule.fault } };
}

function faultProblem(fault: unknown): string | undefined {
  if (!isRecord(fault)) return "'fault' must be an object with a 'type'.";
  switch (fault["type"]) {
    case "drop":
    case "duplicate":
    case "cut":
    case "refuse-recovery":
      return undefined;
    case "delay":
      return within(fault["delayMs"], 0, delayMsMax) ? undefined : `'delayMs' must be from 0 to ${delayMsMax}.`;
    case "reorder":
      return within(fault["spanMs"], 0, delayMsMax) ? undefined : `'spanMs' must be from 0 to ${delayMsMax}.`;
    case "slow":
      return within(fault["bytesPerSecond"], 0, bytesPerSecondMax)
        ? undefined
        : `'bytesPerSecond' must be from 0 to ${bytesPerSecondMax}.`;
    case "refuse-call": {
      const { status, retryAfterSeconds } = fault;
      if (!statuses.includes(status)) return `'status' must be one of ${statuses.join(", ")}.`;
      if (retryAfterSeconds === undefined || within(retryAfterSeconds, 0, retryAfterSecondsMax)) return undefined;
      return `'retryAfterSeconds' must be from 0 to ${retryAfterSecondsMax}.`;
    }
    default:
      return "'type' must be drop, duplicate, delay, reorder, cut, slow, refuse-recovery or refuse-call.";
  }
}

/** Conditions that could never hold are a mistake of the one who wrote the rule. */
function conditionProblem({ fault, path, group, userId, connectionId, direction }: FaultRule): string | undefined {
  const call = fault.type === "refuse-call";
  if (path !== undefined && !call) return "'path' is for refuse-call only.";
  if (call && (group ?? userId ?? connectionId ?? direction) !== undefined) {
    return "refuse-call takes hub, path, probability and times only.";
  }
  if (fault.type === "refuse-recovery" && (group ?? direction) !== undefined) {
    return "refuse-recovery takes hub, connectionId, userId, probability and times only.";
  }
  if (fault.type === "slow" && direction === "in") return "slow is for frames to clients only.";
  return undefined;
}

function within(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
