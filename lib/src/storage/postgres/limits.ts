/** Every number of the PostgreSQL store. */
export const postgresLimits = {
  /** Connections of a pool of the store's own. Writing takes one, single documents up to `ownMax` more. */
  connectionsMax: 8,
  connectMs: 5_000,
  /** Connections one after the other that turn out to have ended, before that is an error. */
  deadMax: 8,
  /** One transaction: beyond a few hundred uploads a larger batch only adds latency. */
  batchOperationsMax: 300,
  batchBytesMax: 2_097_152,
  /** Rows of one statement: it may have 65,535 values. */
  rowsMax: 5_000,
  /** Documents written on a connection of their own at once: another server holds them, or they write much. */
  ownMax: 3,
  /** An operation beyond it does not go into a batch with those of other documents. */
  ownBytes: 1_048_576,
  /** How long one waits for a document that another server holds. */
  lockMs: 10_000,
  /** A server that stops in the middle of a transaction loses it after this long, and others go on. */
  idleInTransactionMs: 4_000,
  statementMs: 30_000,
  /** When the database does not answer at all: longer than its own time-outs. */
  answerMs: 35_000,
  /** How long closing waits for a database that does not answer. */
  closeMs: 5_000,
  /** Longer values are read in slices, so that a large document never holds up the others. */
  sliceBytes: 1_048_576,
} as const;
