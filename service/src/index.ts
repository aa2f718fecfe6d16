/** An embedded service that speaks the protocols of Azure Web PubSub. The pure core is `webpubsub-local/core`. */
export type { Fault, FaultRule } from "./core/fault-rule.ts";
export { FaultError, type FaultErrorCode } from "./core/faults.ts";
export { ServiceError, type ServiceErrorCode } from "./errors.ts";
export type { FaultControl } from "./http/fault-control.ts";
export { developmentKey } from "./keys.ts";
export type { Log, LogLine } from "./log.ts";
export { attachService, type Service, type ServiceOptions, startService } from "./service.ts";
export type { HubSettings, LogLevel, Settings } from "./settings/settings.ts";
export type { EventHandler, HandlerAuth, SystemEvent } from "./upstream/handlers.ts";
export type { UpstreamLimits } from "./upstream/limits.ts";
export { frameText, json, jsonReliable } from "./wire/json.ts";
export { plain } from "./wire/plain.ts";
export { protobuf, protobufReliable } from "./wire/protobuf.ts";
