import { unreachable } from "./core/assert.ts";
import type { ReplicaEvent } from "./core/replica-contract.ts";
import { ProviderError } from "./errors.ts";
import type { ProviderEvents } from "./events.ts";
import type { WebPubSubProvider } from "./provider.ts";

type Events = ProviderEvents<WebPubSubProvider>;
/** Tells the listeners of one of the provider's events. */
export type Tell = <Name extends keyof Events & string>(name: Name, values: Parameters<Events[Name]>) => void;

/** What listeners hear of a replica's event; a reload is the provider's own to tell. */
export function tellOf(
  event: Exclude<ReplicaEvent, { type: "reload" }>,
  provider: WebPubSubProvider,
  tell: Tell,
): void {
  switch (event.type) {
    case "status":
      tell("status", [{ status: event.status }]);
      return;
    case "link":
      tell("link", [event.link]);
      return;
    case "synced":
      tell("synced", [event.synced]);
      tell("sync", [event.synced]);
      return;
    case "saved":
      tell("saved", [{ cursor: event.cursor }]);
      return;
    case "unsynced-changes":
      tell("unsynced-changes", [event.count]);
      return;
    case "save-state":
      tell("save-state", [event.state]);
      return;
    case "session":
      // Nothing that people would act on: edits and presence go on.
      return;
    case "role":
      tell("role", [event.role]);
      return;
    case "broadcast":
      tell("broadcast", [{ from: event.from.session, userId: event.from.userId, bytes: event.bytes }]);
      return;
    case "connection-error":
      tell("connection-error", [new ProviderError("connection", event.message, event.code), provider]);
      return;
    default:
      throw unreachable(event);
  }
}
