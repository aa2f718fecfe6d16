/** The pure core, for simulations and for people who bring their own transport. Codecs are in the main entry. */
export type { Connection } from "./connection.ts";
export { type Filter, type FilterLimits, parseFilter } from "./filter/filter.ts";
export type { Subject } from "./filter/subject.ts";
export { type ConnectRequest, Hub, type HubOptions } from "./hub.ts";
export { seededIds } from "./ids.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export type { Inlet, Link } from "./link.ts";
export { MemorySink } from "./memory-sink.ts";
export { frameBytes, Message, type Source } from "./message.ts";
export { readMetadata } from "./metadata.ts";
export { isEventName, isGroupName, isHubName } from "./names.ts";
export { NumberedFrame, UnnumberedFrame } from "./numbered-frame.ts";
export type { Closing, Selection, Sending, ServerOperations } from "./operations.ts";
export type {
  AckError,
  AckId,
  BytesPayload,
  Cancel,
  ClientMessage,
  Clock,
  Codec,
  ControlMessage,
  DataType,
  Decoded,
  EndingDetails,
  EventAnswer,
  EventOutcome,
  Frame,
  GroupState,
  GroupStateItem,
  HubEvent,
  IdSource,
  LiteralPayload,
  Metadata,
  MqttDetails,
  Payload,
  PlainMode,
  Scheduler,
  SessionNames,
  Sink,
  StreamError,
  StreamPart,
  StreamStart,
  Unsupported,
  Upstream,
  UpstreamClient,
  UserError,
  UserEvent,
} from "./ports.ts";
export type { RecoverRequest } from "./recovery.ts";
export { type Permission, Permissions } from "./roles.ts";
export type { Speaker } from "./speaker.ts";
