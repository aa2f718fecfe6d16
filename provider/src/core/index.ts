/** `y-webpubsub/core`: the sync core, for the provider's shell, the server, simulations and people who build on them. */
export { applicablePart } from "./applicable.ts";
export { assert, unreachable } from "./assert.ts";
export { BoundedReader } from "./bounded-reader.ts";
export {
  type Certificate,
  certificateSigningBytes,
  decodeCertificate,
  encodeCertificate,
  type SignedCertificate,
} from "./certificate.ts";
export { type Clash, findClash } from "./clash.ts";
export { Coverage, type CoverageGap, type SnapshotLike } from "./coverage.ts";
export { crc32 } from "./crc32.ts";
export { bytesEqual, digestOf, sha256 } from "./digest.ts";
export { DropCounts } from "./drops.ts";
export {
  belongsTo,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameKind,
  innermost,
  type PeerFrame,
  type ServerFrame,
  type SignedFrame,
} from "./frame.ts";
export { type BatchWords, batchSigningBytes, frameSigningBytes, type SigningPlace } from "./frame-signing.ts";
export {
  decodeLogPage,
  decodeSnapshot,
  decodeUpload,
  encodeLogPage,
  encodeSnapshot,
  encodeUpload,
} from "./http-body.ts";
export { type JsonLimits, parseJson } from "./json-depth.ts";
export * as limits from "./limits.ts";
export { LiveDigest } from "./live-digest.ts";
export { mergeAll } from "./merge.ts";
export { type Notice, type NoticeContent, noticeSigningBytes, receiptSigningBytes } from "./notice.ts";
export * from "./ports.ts";
export type { PublishedEntry } from "./published-entry.ts";
export { Replica } from "./replica.ts";
export type * from "./replica-contract.ts";
export { type Selection, selectUpdate } from "./select.ts";
export {
  makeSessionId,
  parseSender,
  parseSessionId,
  senderName,
  sessionFromBytes,
  sessionToBytes,
} from "./session-id.ts";
export { splitUpdate } from "./split.ts";
export {
  type AwarenessEntry,
  type AwarenessLimits,
  awarenessLimits,
  type ValidatedAwareness,
  validateAwareness,
} from "./validate-awareness.ts";
export {
  liveLimits,
  type Range,
  type StructKind,
  type StructRange,
  type UpdateLimits,
  type UpdateSummary,
  uploadLimits,
  type Validated,
  validateUpdate,
} from "./validate-update.ts";
