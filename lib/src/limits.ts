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
  /** Milliseconds that `close()` waits for requests under way. Default: 10,000. */
  readonly drainMs: number;
}

export const defaultLimits: ServerLimits = {
  uploadBytes: uploadLimits.bytesMax,
  receivingBytes: 67_108_864,
  bodyMs: 30_000,
  authorizeMs: 10_000,
  drainMs: 10_000,
};

export const httpLimits = {
  /** The body of `negotiate`. */
  jsonBytesMax: 16_384,
  jsonDepthMax: 4,
  /** An upload's body is its update and at most this. */
  uploadHeadBytes: 64,
  documentLengthMax: 256,
  /** In UTF-8: a user id travels in the token and with each frame. */
  userIdBytesMax: 512,
  /** Client ids that one session may claim when it negotiates. */
  clientIdsMax: 64,
  queryLengthMax: 512,
  /** ID1. */
  tokenMinutes: 5,
  /** What a client is told to wait after 503 and 507. */
  retryAfterS: 2,
  fullRetryAfterS: 10,
  preflightS: 600,
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
  /** Notices waiting for the service; the oldest is dropped and counted. */
  waitingMax: 256,
  /** Time for one notice, tries included. */
  sendMs: 8_000,
  /** How long closing waits for what is on its way. */
  drainMs: 2_000,
} as const;

/** Distinct names that are counted; others are counted together. */
export const countersMax = 200;
