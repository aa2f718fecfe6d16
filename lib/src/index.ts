export type { Authorization, Authorize } from "./access.ts";
export { type DocumentStore, StoreError, type StoreProblem } from "./core/index.ts";
export type { ServerLimits } from "./limits.ts";
export type { LogLine, LogSink } from "./log-line.ts";
export { Problem, type ProblemCode } from "./problems.ts";
export { type CollabServer, type CollabServerOptions, createCollabServer, type DocumentAccess } from "./server.ts";
