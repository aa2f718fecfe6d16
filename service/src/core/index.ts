/** The pure core, for simulations and for people who bring their own transport. Codecs are in the main entry. */
export type { Connection } from "./connection.ts";
export { type ConnectRequest, Hub, type HubOptions, type RecoverRequest } from "./hub.ts";
export { seededIds } from "./ids.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export type { Link } from "./link.ts";
export { MemorySink } from "./memory-sink.ts";
export { frameBytes, Message, type Source } from "./message.ts";
export { isEventName, isGroupName, isHubName } from "./names.ts";
export type { Closing, Selection, ServerOperations } from "./operations.ts";
export type {
  AckError,
  AckId,
  Cancel,
  ClientMessage,
  Clock,
  Codec,
  ControlMessage,
  Decoded,
  Frame,
  HubEvent,
  IdSource,
  Payload,
  Scheduler,
  Sink,
  Unsupported,
} from "./ports.ts";
export { type Permission, Permissions } from "./roles.ts";
