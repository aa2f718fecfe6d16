/** `y-webpubsub-server/core`: the log, receipts and compaction without HTTP, for simulations and people who build on them. */
export { admit, type Refusal, type Verdict } from "./admission.ts";
export { type Compacted, type CompactionPorts, compact, isDue } from "./compaction.ts";
export { DocumentLog, type Headed, type LogPorts, type Paged, type Standing, type Uploaded } from "./document-log.ts";
export { DocumentState } from "./document-state.ts";
export * from "./document-store.ts";
export { Documents, type DocumentsPorts } from "./documents.ts";
export { foldDocument } from "./fold.ts";
export * as limits from "./limits.ts";
export * from "./ports.ts";
