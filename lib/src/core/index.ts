/** `y-webpubsub-server/core`: the log, receipts and compaction without HTTP, for simulations and people who build on them. */

export { BackupError, exportDocument, importDocument } from "../history/backup.ts";
export type { HistoricStore } from "../history/chunks.ts";
export { History, type HistoryPorts } from "../history/history.ts";
export type { HistoryOptions } from "../history/options.ts";
export { materialAt } from "../history/positions.ts";
export { type Performed, type Performer, perform, type Task } from "../history/tasks.ts";
export { thin } from "../history/thin.ts";
export { versionOf } from "../history/versions.ts";
export { admit, type Refusal, type Uploader, type Verdict } from "./admission.ts";
export { authorOf, certify } from "./author.ts";
export { type Compacted, type CompactionPorts, compact, isDue } from "./compaction.ts";
export type { Headed, Paged, Stored, Uploaded } from "./document-answers.ts";
export type * from "./document-history.ts";
export { DocumentLog, type LogPorts } from "./document-log.ts";
export { DocumentState, type Standing } from "./document-state.ts";
export * from "./document-store.ts";
export { Documents, type DocumentsPorts } from "./documents.ts";
export { foldDocument } from "./fold.ts";
export { FoldedAway } from "./folded-away.ts";
export { Gate } from "./gate.ts";
export * as limits from "./limits.ts";
export * from "./ports.ts";
export { type ServerEdit, type ServerEditPorts, type Wrote, writeEdit } from "./server-edit.ts";
export { toldOf } from "./told.ts";
