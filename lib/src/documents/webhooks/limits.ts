export const webhookLimits = {
  answerMs: 5_000,
  /** Calls that wait; of one document and event only the newest. Beyond it the oldest is dropped and counted. */
  waitingMax: 1_000,
  /** `changed` comes this long after the first edit, and at most as often. */
  changedMs: 2_000,
  /** `saved` comes after a silence of this length. */
  quietMs: 5_000,
  /** Tries of one call: full jitter, doubling from the first wait to the longest; about a quarter of an hour in all. */
  triesMax: 10,
  waitMsFirst: 1_000,
  waitMsMax: 300_000,
  secretLengthMin: 32,
  /** Calls under way at one time. */
  callsMax: 4,
} as const;
