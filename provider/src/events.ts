import type * as Y from "yjs";
import type { Role } from "./core/ports.ts";
import type { LinkState, ReloadReason, SaveState, Status } from "./core/replica-contract.ts";
import type { ProviderError } from "./errors.ts";

/** What `provider.on(name, …)` gets. State events fire when the value changed. */
export type ProviderEvents<Provider> = {
  status: (event: { readonly status: Status }) => void;
  /** True after each join, also in an empty document; false when the link is lost. */
  sync: (synced: boolean) => void;
  synced: (synced: boolean) => void;
  /** The server has durably stored an upload of ours. */
  saved: (event: { readonly cursor: string }) => void;
  "unsynced-changes": (count: number) => void;
  "save-state": (state: SaveState) => void;
  link: (link: LinkState) => void;
  role: (role: Role) => void;
  /** Bytes another session sent with `broadcast`. `from` is its session, `userId` its user as the service vouches. */
  broadcast: (event: { readonly from: string; readonly userId: string; readonly bytes: Uint8Array }) => void;
  /** The way to the room is lost; null while it is being found again. */
  "connection-close": (event: { readonly reason: string } | null, provider: Provider) => void;
  "connection-error": (error: ProviderError, provider: Provider) => void;
  /** The copy on this device cannot be read or written: no store, no space. */
  "persistence-error": (error: ProviderError, provider: Provider) => void;
  /** A remote edit was applied: its Yjs update. */
  update: (update: unknown) => void;
  /** `provider.doc` is another document now, with the server's content; the old one is left for export. */
  reload: (doc: Y.Doc, reason: ReloadReason) => void;
};
