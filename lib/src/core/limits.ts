/** Every number of the server's core: units go last in the names, the rule of docs/protocol.md beside each. */
export const logLimits = {
  /** One log page: as much as a client applies without a noticeable pause. */
  pageEntriesMax: 1_000,
  pageBytesMax: 1_048_576,
  /** A session without an upload for this long is not told to joiners (SY2) and its row is dropped by compaction. */
  sessionLiveMs: 600_000,
  sessionRowMs: 86_400_000,
  /** DU8: how long a user must have been silent before others may add that user's structs. */
  silentMs: 10_000,
  /** ID11: sessions of one document whose user is remembered although they uploaded nothing. */
  negotiatedMax: 4_096,
  /** ID7: how long a certificate holds. Longer than anybody types without a new connection. */
  certificateMs: 43_200_000,
  /** Documents kept in memory without their content; the least recently used leave first. */
  documentsMax: 1_000,
  /** A document nobody asked for in this time is forgotten with the next one that is asked for. */
  documentIdleMs: 600_000,
  /** DU12: how often an upload is compared anew because another server was faster, before it is compared afterwards. */
  appendRoundsMax: 3,
  /** Of a log that is read: after so many bytes others have their turn. Some 5 ms of work. */
  breathBytes: 262_144,
} as const;

/** DU11: when a document is folded. */
export const compactionLimits = {
  /** What those who come read without a snapshot: it compresses worse, and is applied piece by piece. */
  tailBytes: 65_536,
  /** Or this part of the snapshot, whichever is more. */
  tailShare: 0.25,
  tailEntries: 500,
  quietMs: 5_000,
  everyMs: 10_000,
  /** A document that is never quiet is folded anyway at this many times the bounds. */
  urgentFactor: 8,
} as const;

/** DU11: what was folded stays readable for a while. */
export const foldedLimits = {
  /** Somebody who sees edits checks within half a minute (SY9), and then reads. */
  keptMs: 120_000,
  /** Of one compaction, and of all documents together. */
  documentBytes: 1_048_576,
  bytes: 16_777_216,
} as const;
