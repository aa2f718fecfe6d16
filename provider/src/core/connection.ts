import { unreachable } from "./assert.ts";
import type { Failure, Ticket } from "./ports.ts";

/** CN: the life of the way to the room. Pure: `step` answers what comes next and what is to be done. */
export type Connection =
  | { readonly phase: "idle" }
  | { readonly phase: "negotiating"; readonly attempt: number }
  | { readonly phase: "dialing"; readonly attempt: number; readonly ticket: Ticket }
  /** The link is up, the log of the join is being read. */
  | { readonly phase: "joining"; readonly attempt: number; readonly ticket: Ticket }
  | { readonly phase: "online"; readonly attempt: number; readonly ticket: Ticket }
  /** The service's own recovery runs; `ready`: the join had been finished. */
  | { readonly phase: "recovering"; readonly attempt: number; readonly ticket: Ticket; readonly ready: boolean }
  | { readonly phase: "waiting"; readonly attempt: number; readonly reason: string }
  | { readonly phase: "refused"; readonly reason: string };

export type ConnectionEvent =
  | { readonly type: "connect" }
  | { readonly type: "disconnect" }
  /** CN8: the network or the tab came back. */
  | { readonly type: "wake" }
  | { readonly type: "negotiated"; readonly ticket: Ticket }
  | { readonly type: "negotiate-failed"; readonly failure: Failure }
  | { readonly type: "joined" }
  /** The log of the join was applied, or cannot be read now. */
  | { readonly type: "ready" }
  | { readonly type: "steady" }
  | { readonly type: "interrupted" }
  | { readonly type: "resumed" }
  /** `notBeforeMs`: how long to stay away at least; absent: as the back-off says. */
  | { readonly type: "closed"; readonly reason: string; readonly notBeforeMs?: number }
  | { readonly type: "retry" };

export type Effect =
  | { readonly type: "negotiate" }
  | { readonly type: "dial"; readonly ticket: Ticket }
  | { readonly type: "close" }
  | { readonly type: "wait"; readonly attempt: number; readonly notBeforeMs: number }
  /** CN2: a new connection joined: hello, then the log. */
  | { readonly type: "join" }
  /** CN5: the service's recovery worked: pull the log. */
  | { readonly type: "resume" }
  | { readonly type: "reload"; readonly reason: "generation-changed" | "user-changed" };

export interface Step {
  readonly next: Connection;
  readonly effects: readonly Effect[];
}

export function step(connection: Connection, event: ConnectionEvent): Step {
  switch (event.type) {
    case "connect":
      return connect(connection);
    case "disconnect":
      return { next: { phase: "idle" }, effects: hasLink(connection) ? [{ type: "close" }] : [] };
    case "wake":
      // CN3: coming back ends a wait; a refusal stays until connect().
      return connection.phase === "waiting" ? negotiate(0) : stay(connection);
    case "retry":
      return connection.phase === "waiting" ? negotiate(connection.attempt) : stay(connection);
    case "negotiated":
      if (connection.phase !== "negotiating") return stay(connection);
      return {
        next: { phase: "dialing", attempt: connection.attempt, ticket: event.ticket },
        effects: [{ type: "dial", ticket: event.ticket }],
      };
    case "negotiate-failed":
      return connection.phase === "negotiating" ? refusedOrWait(connection.attempt, event.failure) : stay(connection);
    case "joined":
      return joined(connection);
    case "ready":
      if (connection.phase === "recovering") return { next: { ...connection, ready: true }, effects: [] };
      return connection.phase === "joining"
        ? { next: { ...connection, phase: "online" }, effects: [] }
        : stay(connection);
    case "steady":
      return connection.phase === "online" ? { next: { ...connection, attempt: 0 }, effects: [] } : stay(connection);
    case "interrupted":
      if (connection.phase !== "joining" && connection.phase !== "online") return stay(connection);
      return { next: recovering(connection, connection.phase === "online"), effects: [] };
    case "resumed":
      return resumed(connection);
    case "closed":
      return hasLink(connection) ? wait(connection.attempt, event.reason, event.notBeforeMs) : stay(connection);
    default:
      throw unreachable(event);
  }
}

type Linked = Extract<Connection, { readonly ticket: Ticket }>;

/** Whether a link was opened and not yet reported closed. */
export function hasLink(connection: Connection): connection is Linked {
  switch (connection.phase) {
    case "dialing":
    case "joining":
    case "online":
    case "recovering":
      return true;
    case "idle":
    case "negotiating":
    case "waiting":
    case "refused":
      return false;
    default:
      throw unreachable(connection);
  }
}

/** CN3, CN4: `connect()` ends a wait and a refusal; it changes nothing while something is under way. */
function connect(connection: Connection): Step {
  const rests = connection.phase === "idle" || connection.phase === "waiting" || connection.phase === "refused";
  return rests ? negotiate(0) : stay(connection);
}

/** CN2, CN5: `joined` on a link that was up means that the service made a new connection: join anew. */
function joined(connection: Connection): Step {
  if (!hasLink(connection)) return stay(connection);
  return {
    next: { phase: "joining", attempt: connection.attempt, ticket: connection.ticket },
    effects: [{ type: "join" }],
  };
}

function resumed(connection: Connection): Step {
  if (connection.phase !== "recovering") return stay(connection);
  const { attempt, ticket } = connection;
  return { next: { phase: connection.ready ? "online" : "joining", attempt, ticket }, effects: [{ type: "resume" }] };
}

function recovering({ attempt, ticket }: Linked, ready: boolean): Connection {
  return { phase: "recovering", attempt, ticket, ready };
}

/** CN1: a token is never reused: each try begins with a negotiation. */
function negotiate(attempt: number): Step {
  return { next: { phase: "negotiating", attempt }, effects: [{ type: "negotiate" }] };
}

function wait(attempt: number, reason: string, notBeforeMs = 0): Step {
  return {
    next: { phase: "waiting", attempt: attempt + 1, reason },
    effects: [{ type: "wait", attempt, notBeforeMs }],
  };
}

function refusedOrWait(attempt: number, failure: Failure): Step {
  switch (failure.kind) {
    case "refused":
      return { next: { phase: "refused", reason: failure.code }, effects: [] };
    case "generation-changed":
    case "user-changed":
      return {
        next: { phase: "refused", reason: failure.kind },
        effects: [{ type: "reload", reason: failure.kind }],
      };
    case "unreachable":
    case "store-full":
      return wait(attempt, failure.message, failure.retryAfterMs ?? 0);
    case "cursor-gone":
    case "missing":
    case "upload-conflict":
    case "session-taken":
    case "overlap":
    case "invalid":
      return wait(attempt, failure.message);
    default:
      throw unreachable(failure);
  }
}

function stay(connection: Connection): Step {
  return { next: connection, effects: [] };
}
