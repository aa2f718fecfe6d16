/** The bounds of the copy in IndexedDB. */
export const copyLimits = {
  /** A copy that is not read by then is done without: the server has the document too. */
  loadMsMax: 10_000,
  /** A connection that is lost is opened anew, but not one that was opened less than this before. */
  reopenEveryMs: 10_000,
  /** A reload is told by then, whether or not the old copy could be set aside. */
  setAsideMsMax: 3_000,
} as const;
