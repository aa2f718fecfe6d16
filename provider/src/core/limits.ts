/** Every number of the sync core: units go last in the names, the rule of docs/protocol.md beside each table. */

/** CN: connection. */
export const connectionLimits = {
  /** AC4: when access changed, a room negotiates anew over this long: about 200 members a second. */
  renegotiateMsPerMember: 5,
  renegotiateMsMax: 10_000,
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
  /** SE5: members who are told of something stored pull within so much for each of them, at most a quarter of the above. */
  pullMsPerMember: 5,
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
  /** SY9: every so many checks the digest is made from the whole document again. */
  wholeDigestEvery: 16,
  adoptAfterMs: 10_000,
  adoptJitterMs: 3_000,
  /** SY10. */
  pollMsFirst: 1_000,
  pollMsMax: 10_000,
  /** SY10: the next poll waits at least this many times what the last one took. */
  pollPause: 10,
  /** SY10: how long the service's own recovery, or a dial, may take before the log is polled meanwhile. */
  pollLinkMs: 2_000,
  /** ID4: client ids whose owner is remembered; ids one frame may announce. */
  claimsMax: 100_000,
  announcedMax: 64,
  /** SY15: chunks of one update and of one answer, one chunk (below what the service carries), incomplete sets remembered. */
  chunksMax: 64,
  chunkBytesMax: 524_288,
  chunkSetsMax: 256,
  /** AU2: uploads that one server frame tells of. */
  publishedEntriesMax: 64,
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
  /** DU6, SY9: edits that only their absent author could save wait this long for the author. */
  orphanMs: 60_000,
} as const;

/** ID7 to ID10: who says what. */
export const identityLimits = {
  /** Clocks of sessions and server may differ by this much. */
  leewayMs: 60_000,
  /** A certificate is renewed when this part of its life is over. */
  renewAfter: 0.75,
  renewRetryMs: 5_000,
  /** ID8: counters of a session's signed frames remembered, to see a replay. */
  counterWindow: 256,
  /** Frames that wait for the own signature, and frames whose signature is being checked. */
  signingMax: 1_024,
  checksMax: 2_048,
  /** PR6: what one rank waits (longer than an answer's jitter and its way), the ranks that wait, and the size of an answer for all. */
  rankMs: 250,
  rankMax: 5,
  rosterCardsMax: 64,
  rosterBytesMax: 30_720,
  /** Members without a card, for whom presence is said in the old way as well. */
  oldMembersMax: 64,
  /** Who speaks and never showed its card is asked for it after this time, then after twice as long each time. */
  askCardMs: 1_000,
  askCardMsMax: 60_000,
  /** DU8: others' signed batches kept until the log has them. */
  batchesMax: 2_048,
  batchesBytesMax: 8_388_608,
} as const;

/** ID10: what one session may send and cost at a peer before it is not heard for `muteMs`. */
export const floodLimits = {
  framesPerSecond: 300,
  framesBurst: 2_000,
  bytesPerSecond: 2_097_152,
  bytesBurst: 16_777_216,
  /** Main-thread time. */
  applyMsPerSecond: 200,
  applyMsBurst: 1_000,
  /** Invalid updates and presence, until the account is new. */
  strikesMax: 3,
  muteMs: 10_000,
  accountsMax: 1_024,
} as const;

/** PR: presence and broadcasts. */
export const presenceLimits = {
  /** PR1. */
  renewMs: 60_000,
  expireMs: 150_000,
  /** PR2: who moved within this time counts as moving; SY5: who wrote, as writing. */
  moverMs: 2_000,
  /** TB2: presence to other tabs of this browser. */
  tabWindowMs: 30,
  /** PR4. */
  lostMs: 3_000,
  entryBytesMax: 4_096,
  clockLeapMax: 1_048_576,
  /** Presence that comes before its card waits this long for it. */
  cardWaitMs: 1_000,
  clientsMax: 2_000,
  /** PR5. */
  broadcastBytesMax: 16_384,
  broadcastWindow: 128,
  broadcastSessionsMax: 256,
} as const;

/** SY5, PR2: what a room may cost, and how fast it is for that. */
export const paceLimits = {
  /** What the service counts as one message unit. */
  unitBytes: 2_048,
  /** Two thirds of what one unit of the service is said to deliver in one room (3,000 messages a second). */
  responsive: { deliveriesPerSecond: 2_000, windowMsMin: 50, windowMsMax: 1_000 },
  /** About a tenth of the price of each keystroke sent at once, for up to 3 s of delay. */
  economy: { deliveriesPerSecond: 30, windowMsMin: 500, windowMsMax: 3_000 },
  /** A budget that was not used grows up to this much time's worth. */
  budgetBurstMs: 600_000,
  /** The part of that which is spent before anything slows down. */
  budgetEasy: 0.5,
  /** However small the budget. */
  budgetWindowMsMax: 60_000,
} as const;
