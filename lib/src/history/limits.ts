/** Every number of the history: units go last in the names. docs/history.md explains them. */
export const historyLimits = {
  /** One chunk of entries before compression: what a preview reads at most for nothing. */
  chunkBytesMax: 4_194_304,
  chunkEntriesMax: 2_000,
  /** A keyframe follows once the chunks since the last one take this part of what it takes itself. */
  keyframeFactor: 0.5,
  /** Below this size compression does not pay. */
  packBytesMin: 256,
  /** A packed payload grows to at most this; more is damage. */
  unpackedBytesMax: 536_870_912,
  /** Chunks that one answer of the store lists. */
  chunkPageMax: 10_000,
  /** A pause this long ends a session: the state before the next edit becomes an automatic version. */
  breakMs: 600_000,
  /** While people edit without a pause, an automatic version as often. */
  automaticMs: 3_600_000,
  /** Single uploads can be told apart for this long, then they are merged by the hour, later by the day. */
  detailedMs: 172_800_000,
  hourlyMs: 2_592_000_000,
  /** How often one server thins one document. */
  thinEveryMs: 3_600_000,
  /** Automatic versions of a document beyond it are forgotten, the oldest first. */
  automaticMax: 1_000,
  labelLengthMax: 200,
  /** One page of versions or entries. */
  pageMax: 100,
} as const;
