/** Every number of the Azure Blob store. */
export const blobLimits = {
  /** Records in the root itself; beyond it they move into a run. The root is written with every batch. */
  inlineBytesMax: 65_536,
  /** A longer value has a blob of its own. */
  valueBytesMax: 65_536,
  /** Runs, and removed records that a run still holds: beyond either all runs are merged into one. */
  runsMax: 8,
  removedMax: 256,
  /** The last writes that a root names, for a server that did not hear whether its own got through. */
  writesNamed: 32,
  /** Batches of different documents on their way at once. */
  commitsMax: 32,
  batchOperationsMax: 1_000,
  batchBytesMax: 4_194_304,
  /** How long a batch is tried again when other servers were faster, and how long it waits in between at most. */
  commitMs: 30_000,
  backoffMsMax: 400,
  /** Requests at once when many documents are listed. */
  readsMax: 16,
  /** Names in one answer to a listing. */
  namesOfOneList: 1_000,
  /** Roots and runs kept in memory, each. */
  cacheBytesMax: 33_554_432,
  /** A part that no root names is removed after this long: until then its writer may yet name it. */
  orphanMs: 3_600_000,
  /** One try of a request, and how often the SDK tries. */
  requestMs: 15_000,
  triesMax: 3,
} as const;
