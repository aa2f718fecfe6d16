/** An embedded service that speaks the protocols of Azure Web PubSub. The pure core is `webpubsub-local/core`. */
export { ServiceError, type ServiceErrorCode } from "./errors.ts";
export { developmentKey } from "./keys.ts";
export { type LogLine, type Service, type ServiceOptions, startService } from "./service.ts";
export { frameText, json, jsonReliable } from "./wire/json.ts";
