import { uploadLimits } from "y-webpubsub/core";

/** Numbers that may be set with `createCollabServer({ limits })`. */
export interface ServerLimits {
  /** Bytes of one upload's update. More than 4 MiB is never valid. Default: 4 MiB. */
  readonly uploadBytes: number;
  /** Bytes of all bodies being received at one time; more are answered 503 `too-busy`. Default: 64 MiB. */
  readonly receivingBytes: number;
  /** Milliseconds for a body to arrive. Default: 30,000. */
  readonly bodyMs: number;
  /** Milliseconds for `authorize` to decide. Default: 10,000. */
  readonly authorizeMs: number;
  /** Bytes of one document in the store, snapshot and log after it; an upload beyond is answered 507. Default: 256 MiB. */
  readonly documentBytes: number;
  /** Milliseconds that `close()` waits for requests under way. Default: 10,000. */
  readonly drainMs: number;
}

export const defaultLimits: ServerLimits = {
  uploadBytes: uploadLimits.bytesMax,
  receivingBytes: 67_108_864,
  bodyMs: 30_000,
  authorizeMs: 10_000,
  documentBytes: 268_435_456,
  drainMs: 10_000,
};

export const httpLimits = {
  /** The body of `negotiate`. */
  jsonBytesMax: 16_384,
  jsonDepthMax: 4,
  /** An upload's body is its update and at most this: its numbers, and the proof of another author. */
  uploadHeadBytes: 2_816,
  documentLengthMax: 256,
  /** ID7: a raw Ed25519 public key. */
  keyBytes: 32,
  /** What `authorize` may call a user. */
  nameLengthMax: 100,
  /** In UTF-8: a user id travels in the token and with each frame. */
  userIdBytesMax: 512,
  /** Client ids that one session may claim when it negotiates. */
  clientIdsMax: 64,
  queryLengthMax: 512,
  /** Answers to one user that are held until they are read, a page of the log or a snapshot each; further ones wait. */
  answersMax: 16,
  /** An answer of which nothing was read for so long is cut off. */
  answerStallMs: 60_000,
  /** CN10: the service's name of a connection. */
  connectionIdLengthMax: 256,
  /** ID1. */
  tokenMinutes: 5,
  /** What a client is told to wait after 503 and 507. */
  retryAfterS: 2,
  fullRetryAfterS: 10,
  preflightS: 600,
  hstsS: 31_536_000,
  /** SY9: SHA-256. */
  digestBytes: 32,
  /** The body of an event of the service; nothing in it is used. */
  eventBytesMax: 65_536,
} as const;

/** Access rules in the store (AC1, AC3). */
export const accessLimits = {
  /** How long a server of several goes by what it read; a revocation reaches all of them within it. */
  keptMs: 1_000,
  /** Rules remembered; the least recently used leave first. */
  namesMax: 10_000,
  /** Revoked or limited users of one document. */
  ceilingsMax: 100,
  rulesBytesMax: 65_536,
  triesMax: 20,
  /** AC2: the old groups are closed after this long and a jitter of the same length: who renegotiated has left them. */
  graceMs: 5_000,
  /** Groups of changed documents that wait to be closed. */
  closingsMax: 1_000,
  /** Time for one call to the service. */
  callMs: 8_000,
  /** An upload whose body took longer than this is authorised again before it is stored. */
  reauthorizeMs: 1_000,
} as const;

/** Encoded snapshots kept for joiners. */
export const snapshotCacheLimits = {
  /** All encodings of all snapshots together. */
  bytesMax: 67_108_864,
  /** Below this size compression does not pay; from `quickBytes` on it is chosen for speed. */
  compressBytesMin: 1_024,
  quickBytes: 8_388_608,
} as const;

export const noticeLimits = {
  /** Notices waiting for the service or on their way, of all rooms; the oldest is dropped and counted. */
  waitingMax: 1_024,
  /** AU2: of the entries that one notice carries. */
  entriesBytesMax: 65_536,
  /** Time for one notice, tries included. */
  sendMs: 8_000,
  /** How long closing waits for what is on its way. */
  drainMs: 2_000,
} as const;

/** Upper bounds of the request durations that are told apart, seconds. */
export const durationBucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Distinct names that are counted; others are counted together. */
export const countersMax = 200;

/** Where sessions are, for the service's `disconnected` event. */
export const sessionRoomLimits = {
  /** At most 65,536: so many live sessions are told apart; of two in one slot the newer is known. */
  slots: 65_536,
  bytesMax: 16_384,
} as const;

export const rateLimits = {
  /** Users, documents or addresses that are counted at once, for each limit. */
  keysMax: 10_000,
} as const;

export const healthLimits = {
  /** A look at the parts holds for this long, whoever asks. */
  keptMs: 5_000,
  /** A part that takes longer has failed. */
  deadlineMs: 5_000,
} as const;
