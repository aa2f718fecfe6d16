/** Bounds of the calls to event handlers. Defaults are those of Microsoft's emulator where it has one. */
export interface UpstreamLimits {
  /** For one call, from its start to the last byte of the answer. */
  readonly callMs: number;
  /** Before each further try of a call that failed with 408, 5xx or without an answer. */
  readonly retryDelaysMs: readonly number[];
  readonly answerBytesMax: number;
  /** For one abuse protection request. */
  readonly preflightMs: number;
  /** How long a successful abuse protection request counts. */
  readonly preflightFreshMs: number;
  /** After the first failed abuse protection request nobody asks again for so long; it doubles up to the maximum. */
  readonly preflightPauseMs: number;
  readonly preflightPauseMsMax: number;
  /** Events of one connection that wait for the handler; one more fails at once. */
  readonly waitingEventsMax: number;
  readonly waitingBytesMax: number;
  /** New connections of the whole service that wait for the answer to `connect`; one more is refused with 503. */
  readonly waitingConnectsMax: number;
  /** Open sockets to one handler. Further calls wait. */
  readonly socketsMax: number;
  /** Names and values of the cookies kept for one connection. */
  readonly cookieBytesMax: number;
}

export const defaultUpstreamLimits: UpstreamLimits = {
  callMs: 100_000,
  retryDelaysMs: [1_000, 3_000, 5_000],
  answerBytesMax: 16 * 1024 * 1024,
  preflightMs: 10_000,
  preflightFreshMs: 60_000,
  preflightPauseMs: 1_000,
  preflightPauseMsMax: 60_000,
  waitingEventsMax: 1_000,
  waitingBytesMax: 16 * 1024 * 1024,
  waitingConnectsMax: 2_000,
  socketsMax: 256,
  cookieBytesMax: 8 * 1024,
};
