"use client";
/** `y-webpubsub/react`: a component that opens a document, and hooks that follow it. React 18.2 and newer. */
export { useProvider, WebPubSubProviderContext } from "./context.ts";
export { type Presence, type PresenceOptions, useAwareness, usePresence, usePresenceSetter } from "./presence-hooks.ts";
export { type Observe, type SharedTypeOptions, useArray, useMap, useText } from "./shared-type-hooks.ts";
export {
  type DocumentSaveState,
  useConnectionStatus,
  useLinkState,
  useRole,
  useSaveState,
  useSyncStatus,
  useYDoc,
} from "./status-hooks.ts";
export { YDocProvider, type YDocProviderProps } from "./y-doc-provider.ts";
