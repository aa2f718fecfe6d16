/** The bounds of the copy in IndexedDB. */
export const copyLimits = {
  /** A copy that is not read by then is done without: the server has the document too. */
  loadMsMax: 10_000,
} as const;
