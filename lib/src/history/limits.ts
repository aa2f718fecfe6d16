/** The numbers of the history that nobody sets; the others are in options.ts. Units go last in the names. */
export const historyLimits = {
  /** Below this size compression does not pay. */
  packBytesMin: 256,
  /** A packed payload grows to at most this; more is damage. */
  unpackedBytesMax: 536_870_912,
  /** Chunks that one answer of the store lists. */
  chunkPageMax: 10_000,
  /** How often one server thins one document. */
  thinEveryMs: 3_600_000,
  /**
   * Opened documents that the worker thread keeps for the next task: what one restores and what one restored it from.
   * Open, a board takes some thirty times its bytes.
   */
  shelf: { documentsMax: 2, bytesMax: 4_194_304 },
  /** They go when the thread was given no task in this time. */
  shelfMs: 60_000,
  labelLengthMax: 200,
  /** One page of versions or entries. */
  pageMax: 100,
} as const;
