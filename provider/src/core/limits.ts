/** Every number of the sync core: units go last in the names, the rule of docs/protocol.md beside each table. */

/** CN: connection. */
export const connectionLimits = {
  /** CN3: full jitter below a bound that doubles from the first to the second. */
  backoffMsFirst: 300,
  backoffMsMax: 30_000,
  /** CN3: a dial that neither joined nor failed by then is given up. */
  dialMsMax: 20_000,
  /** CN3: a link that lived this long forgets earlier attempts. */
  steadyMs: 10_000,
  /** CN5: the service's own recovery is waited for this long. */
  recoveryMsMax: 35_000,
  /** CN7: at most one ack is asked for in this time, and must come within that one. */
  confirmEveryMs: 10_000,
  confirmMsMax: 10_000,
  /** CN8: the own heartbeat, and how late it may be before the tab counts as frozen. */
  heartbeatMs: 15_000,
  freezeMs: 5_000,
} as const;

/** SY: live editing and repair. */
export const syncLimits = {
  /** SY3: how long a hello is waited for. */
  helloMsMax: 300,
  /** SY4: one answer to all hellos in this time, after a random part of the jitter. */
  helloAnswerEveryMs: 1_000,
  helloAnswerJitterMs: 150,
  /** SY4: edit frames of one answer; the log has the rest. */
  answerFramesMax: 8,
  /** SY5: a live frame. */
  frameBytesMax: 32_768,
  frameStructsMax: 500,
  /** SY5: Y.mergeUpdates is superlinear. */
  mergeUpdatesMax: 100,
  /** SY6: hellos unanswered before the room counts as empty, and the time between them. */
  aloneHellos: 2,
  aloneHelloMs: 2_000,
  /** SY7. */
  tailMs: 2_000,
  /** SY8: reordering is waited for, then these waits between pulls (each plus up to half of it as jitter). */
  gapMs: 600,
  gapRetryMs: [600, 1_600, 3_200, 6_400, 12_800, 30_000],
  /** SY8: sessions watched, frames out of order kept for each. */
  sessionsMax: 1_024,
  outOfOrderMax: 64,
  /** SY8: asks an author answers in a second; sessions asked are remembered this often. */
  asksMax: 64,
  /** SY1: data frames kept while the log is read. */
  bufferedFramesMax: 1_024,
  bufferedBytesMax: 8_388_608,
  /** SY11. */
  heldFramesMax: 256,
  heldBytesMax: 4_194_304,
  /** SY9. */
  checkMsFirst: 30_000,
  checkMsMax: 600_000,
  checkSoonMs: 1_000,
  adoptAfterMs: 10_000,
  adoptJitterMs: 3_000,
  /** SY10. */
  pollMsFirst: 1_000,
  pollMsMax: 10_000,
  /** SY10: how long the service's own recovery may run before the log is polled meanwhile. */
  pollInterruptedMs: 2_000,
  /** ID4: client ids whose owner is remembered; ids one frame may announce. */
  claimsMax: 100_000,
  announcedMax: 64,
  /** ID5: counters of server frames remembered, to see a replay. */
  noticesMax: 256,
} as const;

/** DU: durability. */
export const durabilityLimits = {
  /** DU1. */
  uploadQuietMs: 1_000,
  uploadBytes: 49_152,
  uploadAgeMsMax: 5_000,
  keepaliveBytesMax: 61_440,
  /** Failed uploads: full jitter between these, and never before `Retry-After`. */
  retryMsFirst: 500,
  retryMsMax: 30_000,
  /**
   * Unsaved batches kept apart, because the server may take them one by one only (DU7); above it the older ones are
   * merged. Their bytes are bounded by the document only.
   */
  batchesMax: 2_000,
  /** A larger batch is split, so that each fits into any upload, the keepalive one included. */
  batchBytesMax: 49_152,
} as const;

/** PR: presence and broadcasts. */
export const presenceLimits = {
  /** PR1. */
  renewMs: 60_000,
  expireMs: 150_000,
  /** PR2: one window, times the members who moved within the last `moverMs`. */
  windowMs: 50,
  windowMsMax: 1_000,
  moverMs: 2_000,
  /** PR4. */
  lostMs: 3_000,
  entryBytesMax: 4_096,
  clockLeapMax: 1_048_576,
  clientsMax: 2_000,
  /** PR5. */
  broadcastBytesMax: 16_384,
  broadcastWindow: 128,
  broadcastSessionsMax: 256,
} as const;

/** SY5: the window grows with the room. */
export function editWindowMs(members: number): number {
  if (members <= 5) return 50;
  if (members <= 10) return 100;
  if (members <= 25) return 250;
  return 400;
}
