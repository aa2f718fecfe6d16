import type { Connection } from "./connection.ts";
import type { Reload } from "./reload.ts";
import type { ReloadReason, Status } from "./replica-contract.ts";
import { reasonOf, statusOf } from "./status.ts";

/** What has become of a replica. */
export type Life =
  | { readonly phase: "active" }
  | { readonly phase: "reloading"; readonly reload: Reload; readonly reason: ReloadReason }
  | { readonly phase: "replaced"; readonly reason: ReloadReason }
  | { readonly phase: "destroyed" };

export function statusIn(life: Life, connection: Connection): Status {
  switch (life.phase) {
    case "active":
      return statusOf(connection);
    case "reloading":
    case "replaced":
      return "refused";
    default:
      return "disconnected";
  }
}

/** Why the status is `disconnected` or `refused`. */
export function reasonIn(life: Life, connection: Connection): string | null {
  if (life.phase === "reloading" || life.phase === "replaced") return life.reason;
  return reasonOf(connection);
}
