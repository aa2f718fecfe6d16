import { type ClockRange, type Failure, ServerFailure, type SnapshotRef } from "../core/ports.ts";
import { portLimits } from "./limits.ts";

/** What the server was asked; some statuses mean another thing for an upload. */
export type Ask = "negotiate" | "snapshot" | "log" | "upload" | "head";

export interface RefusedAnswer {
  readonly ask: Ask;
  readonly status: number;
  readonly retryAfter: string | null;
  /** The parsed JSON body, or null when it is none. */
  readonly problem: unknown;
}

/** Turns an answer that is not a success into what the core acts on (the HTTP table of docs/protocol.md). */
export function failureOf(answer: RefusedAnswer): ServerFailure {
  const problem = record(answer.problem);
  const code = text(problem["code"]) ?? `http-${answer.status}`;
  const message = text(problem["message"]) ?? unexplained(answer.status);
  return new ServerFailure(classify(answer, problem, code, message));
}

function classify(answer: RefusedAnswer, problem: Record<string, unknown>, code: string, message: string): Failure {
  switch (answer.status) {
    case 401:
    case 403:
      return { kind: "refused", message, code };
    case 404:
      // The snapshot was replaced and its time is up: a new ticket names the present one.
      if (code === "snapshot-gone") return { kind: "cursor-gone", message, snapshot: snapshotIn(problem) };
      return { kind: "refused", message, code };
    case 409:
      return conflict(problem, code, message);
    case 410: {
      const generation = problem["generation"];
      if (code === "generation-changed" && whole(generation)) {
        return { kind: "generation-changed", message, generation };
      }
      return { kind: "cursor-gone", message, snapshot: snapshotIn(problem) };
    }
    case 413:
    case 422:
      return { kind: "invalid", message, code };
    case 507:
      return { kind: "store-full", message, retryAfterMs: retryAfterMs(answer.retryAfter) };
    default:
      return other(answer, code, message);
  }
}

function other(answer: RefusedAnswer, code: string, message: string): Failure {
  const passing = answer.status >= 500 || answer.status === 429 || answer.status === 408 || answer.status === 425;
  if (passing || answer.status < 400) {
    return { kind: "unreachable", message, retryAfterMs: retryAfterMs(answer.retryAfter) };
  }
  return answer.ask === "upload" ? { kind: "invalid", message, code } : { kind: "refused", message, code };
}

function conflict(problem: Record<string, unknown>, code: string, message: string): Failure {
  if (code === "missing") {
    const ranges = rangesIn(problem["ranges"]);
    // A `missing` that names nothing usable is asked again later, never taken for a spent upload.
    return ranges === null ? unreachable(message) : { kind: "missing", message, ranges };
  }
  if (code === "session-taken" || code === "overlap") return { kind: code, message };
  return code === "upload-conflict" || code === "upload-stale"
    ? { kind: "upload-conflict", message }
    : unreachable(message);
}

export function unreachable(message: string): Failure {
  return { kind: "unreachable", message, retryAfterMs: null };
}

/** `Retry-After` in seconds or as a date; null when there is none. A date is read against the answer's arrival. */
function retryAfterMs(value: string | null): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), portLimits.retryAfterMsMax) : null;
}

function snapshotIn(problem: Record<string, unknown>): SnapshotRef | null {
  return (text(problem["snapshot"]) as SnapshotRef | null) ?? null;
}

function rangesIn(value: unknown): readonly ClockRange[] | null {
  if (!Array.isArray(value) || value.length > portLimits.missingRangesMax) return null;
  const ranges: ClockRange[] = [];
  for (const range of value) {
    if (!Array.isArray(range)) return null;
    const [client, clock, length] = range;
    if (!whole(client) || !whole(clock) || !whole(length)) return null;
    ranges.push({ client, clock, length });
  }
  return ranges;
}

function unexplained(status: number): string {
  if (status === 404) {
    return "The server answered 404 without a word. Check that the server URL is where the collab router is mounted.";
  }
  return `The server answered ${status} without a word.`;
}

function whole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, portLimits.messageLengthMax) : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
