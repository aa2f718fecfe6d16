import { useCallback, useMemo, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import type { Role } from "../core/ports.ts";
import type { LinkState, SaveState, Status } from "../core/replica-contract.ts";
import type { ProviderEvents } from "../events.ts";
import type { WebPubSubProvider } from "../provider.ts";
import { useProvider } from "./context.ts";

/** The document; another one after a `reload`: give it to editors as a key or dependency. */
export function useYDoc(): Y.Doc {
  const provider = useProvider();
  return useProviderValue("reload", () => provider.doc, provider.doc);
}

/** `disconnected` on the server. */
export function useConnectionStatus(): Status {
  const provider = useProvider();
  return useProviderValue("status", () => provider.status, "disconnected");
}

/** How edits travel now: live, by polling, or not at all; `offline` on the server. */
export function useLinkState(): LinkState {
  const provider = useProvider();
  return useProviderValue("link", () => provider.link, "offline");
}

/** Whether the document is up to date with the room. */
export function useSyncStatus(): boolean {
  const provider = useProvider();
  return useProviderValue("synced", () => provider.synced, false);
}

/** Null until the server has answered once. */
export function useRole(): Role | null {
  const provider = useProvider();
  return useProviderValue("role", () => provider.role, null);
}

export interface DocumentSaveState {
  readonly state: SaveState;
  /** Local transactions that no receipt of the server covers yet. */
  readonly unsyncedChanges: number;
}

/** The same object as long as nothing changed. */
export function useSaveState(): DocumentSaveState {
  const provider = useProvider();
  const state = useProviderValue("save-state", () => provider.saveState, "unknown");
  const unsyncedChanges = useProviderValue("unsynced-changes", () => provider.unsyncedChanges, 0);
  return useMemo(() => ({ state, unsyncedChanges }), [state, unsyncedChanges]);
}

type EventName = keyof ProviderEvents<WebPubSubProvider> & string;

/** A value of the provider that `event` announces; a reload may change any of them. */
function useProviderValue<Value>(event: EventName, read: () => Value, onServer: Value): Value {
  const provider = useProvider();
  const subscribe = useCallback(
    (changed: () => void) => {
      provider.on(event, changed);
      if (event !== "reload") provider.on("reload", changed);
      return () => {
        provider.off(event, changed);
        if (event !== "reload") provider.off("reload", changed);
      };
    },
    [provider, event],
  );
  return useSyncExternalStore(subscribe, read, () => onServer);
}
