/** Every number of the stores that write one batch after the other. */
export const storeLimits = {
  /** One batch: large enough for a thousand uploads in flight, small enough to be written within a few milliseconds. */
  batchOperationsMax: 1_000,
  batchBytesMax: 8_388_608,
  /** Waiting for the next batch. Beyond it writes are refused, so that a slow disk never fills the memory. */
  queueOperationsMax: 20_000,
  queueBytesMax: 268_435_456,
  /** DU11: a replaced snapshot stays readable for this long. */
  replacedSnapshotMs: 600_000,
  /** One in ten seconds for that long. */
  replacedSnapshotsMax: 60,
  /** Quarantined uploads of one document; the oldest go. */
  quarantineMax: 100,
} as const;
