/** Every bound of the service. Numbers marked Azure are the documented ones, so that local tests tell the truth. */
export interface Limits {
  /** Azure: how long a reliable connection without a transport can be recovered. */
  readonly recoveryMs: number;
  /** Azure: unacknowledged messages of a reliable connection; one more ends it for good. */
  readonly unackedMessagesMax: number;
  /** Azure: the same, in bytes. */
  readonly unackedBytesMax: number;
  /** Acknowledgement ids remembered per connection to recognise a repeated request. */
  readonly rememberedAcksMax: number;
  /** From this many queued bytes on, frames for a slow client are held back. */
  readonly gateBytes: number;
  /** Frames held back for a slow client; one more closes it. */
  readonly heldFramesMax: number;
  readonly heldBytesMax: number;
  /** Frames that a connection is given together with others, unasked: whoever joins in has room for so many. */
  readonly feedFramesMax: number;
  readonly feedBytesMax: number;
  /** Connections that are written to in one turn of the event loop; the next ones have to wait for the next turn. */
  readonly flushedPerTurnMax: number;
  /** Azure: characters in a group name. */
  readonly groupNameCharsMax: number;
  /** Groups that one client can join by itself. */
  readonly groupsPerConnectionMax: number;
  /** Streams that one connection can have open. */
  readonly streamsPerConnectionMax: number;
  /** Documented: a stream without data or keep-alive ends after this time, unless it asked for another. */
  readonly streamIdleMs: number;
  /** Invocations of one connection that wait for their answer. */
  readonly invocationsMax: number;
  /** Permissions for single groups that one connection can hold. */
  readonly groupPermissionsMax: number;
  /** Roles with a pattern that one connection can hold; further ones are ignored. */
  readonly rolePatternsMax: number;
  /** Azure: bytes in one client message, and in one REST body. */
  readonly messageBytesMax: number;
  /** Characters of one filter. */
  readonly filterCharsMax: number;
  /** Parentheses, `not` and calls inside one another in a filter. */
  readonly filterDepthMax: number;
  /** Azure: parts of a filter that are joined by `and` and `or`. */
  readonly filterClausesMax: number;
  /** Connections of one hub. A process cannot hold more than its file descriptors. */
  readonly connectionsMax: number;
}

export const defaultLimits: Limits = {
  recoveryMs: 30_000,
  unackedMessagesMax: 1_000,
  unackedBytesMax: 16 * 1024 * 1024,
  rememberedAcksMax: 1_000,
  gateBytes: 64 * 1024,
  heldFramesMax: 1_000,
  heldBytesMax: 16 * 1024 * 1024,
  feedFramesMax: 256,
  feedBytesMax: 1024 * 1024,
  flushedPerTurnMax: 1_000,
  groupNameCharsMax: 1_024,
  groupsPerConnectionMax: 10_000,
  streamsPerConnectionMax: 100,
  streamIdleMs: 300_000,
  invocationsMax: 1_000,
  groupPermissionsMax: 1_000,
  rolePatternsMax: 10,
  messageBytesMax: 1024 * 1024,
  filterCharsMax: 1_024,
  filterDepthMax: 32,
  filterClausesMax: 100,
  connectionsMax: 15_000,
};
