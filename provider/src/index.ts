export type { Role } from "./core/ports.ts";
export type {
  BilledUnits,
  BroadcastResult,
  KindTraffic,
  LinkState,
  Policy,
  ReloadReason,
  SaveState,
  Status,
  Traffic,
} from "./core/replica-contract.ts";
export { ProviderError, type ProviderErrorCode } from "./errors.ts";
export type { ProviderEvents } from "./events.ts";
export type { ConnectionOptions, WebPubSubProviderOptions } from "./options.ts";
export type { CopyIdentity, CopyPlace, CopyProblem, LocalCopy, Persistence } from "./persistence.ts";
export { systemClock } from "./ports/clock.ts";
export type { Subprotocol } from "./ports/line-protocol.ts";
export type { Strings } from "./ports/server-options.ts";
export { type TransportOptions, webPubSubTransport } from "./ports/transport.ts";
export { WebPubSubProvider } from "./provider.ts";
export { WebPubSubConnection } from "./shared-connection/connection.ts";
export { type SubdocumentOptions, syncSubdocuments } from "./subdocuments.ts";
