import { unreachable } from "./assert.ts";
import type { Connection } from "./connection.ts";
import type { LinkState, SaveState, Status } from "./replica-contract.ts";

export function statusOf(connection: Connection): Status {
  switch (connection.phase) {
    case "idle":
    case "waiting":
      return "disconnected";
    case "negotiating":
    case "dialing":
    case "recovering":
      return "connecting";
    case "joining":
    case "online":
      return "connected";
    case "refused":
      return "refused";
    default:
      throw unreachable(connection);
  }
}

export function reasonOf(connection: Connection): string | null {
  return connection.phase === "waiting" || connection.phase === "refused" ? connection.reason : null;
}

export function linkOf(connection: Connection, caughtUp: boolean): LinkState {
  if (statusOf(connection) === "connected") return "live";
  return caughtUp ? "polling" : "offline";
}

/** SY3, SY10. */
export function isSynced(
  connection: Connection,
  facts: { readonly caughtUp: boolean; readonly helloDone: boolean },
): boolean {
  if (!facts.caughtUp) return false;
  switch (connection.phase) {
    case "online":
      return facts.helloDone;
    case "negotiating":
    case "dialing":
    case "waiting":
    case "recovering":
      return true;
    case "idle":
    case "joining":
    case "refused":
      return false;
    default:
      throw unreachable(connection);
  }
}

/** DU5. */
export function saveStateOf(facts: {
  readonly compared: boolean;
  readonly unsaved: number;
  /** Somebody tries, and the last try did not fail. */
  readonly onItsWay: boolean;
}): SaveState {
  if (!facts.compared) return "unknown";
  if (facts.unsaved === 0) return "saved";
  return facts.onItsWay ? "saving" : "at-risk";
}
