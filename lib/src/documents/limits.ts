/** Every number of direct access and of the API for documents. */
export const documentLimits = {
  /** One part of an edit of the server's own: what fits is seen at once. Half of what a member takes, and a blob block. */
  partBytesMax: 2_097_152,
  /** A restore that finds another head begins again this often, from the second time on while uploads wait. */
  triesMax: 6,
  /** Users whose edits are made here, each with a client id of its own. */
  authorsMax: 1_000,
  /** A body that replaces a document. */
  bodyBytesMax: 67_108_864,
  importBytesMax: 536_870_912,
  /** A comparison names at most so many differences. */
  changesMax: 5_000,
  keyLengthMax: 200,
  /** Connections that one look at a room lists. */
  presentMax: 1_000,
  listMax: 100,
} as const;
