/** The bounds of the real ports. The sync core has its own table in `core/limits.ts`. */
export const portLimits = {
  /** A dial that has not joined by then has failed. Generous: a cold TLS handshake on a slow phone takes seconds. */
  dialMsMax: 20_000,
  /** A quiet line is pinged this often; the value of the official client. */
  pingEveryMs: 20_000,
  /** So many pings in a row without hearing anything: the line is half open. */
  pingsUnansweredMax: 2,
  /** An ack of the service that takes longer ends the line (CN7). */
  ackMsMax: 10_000,
  /** Bytes published and not yet known to have reached the service; beyond it `publish` answers "full". */
  backlogBytesMax: 1_048_576,
  /** Every so many bytes one publish asks for an ack, so that the backlog is measured where browsers show no buffer. */
  backlogMarkBytes: 65_536,
  /** The official client tries to recover this long; only then is a link closed in mid recovery surely gone. */
  recoveryMsMax: 31_000,
  /** How often a link that was closed in mid recovery is stopped again. */
  retireEveryMs: 500,
  /** One request to the server, from sending to the last byte of the answer. */
  requestMsMax: 15_000,
  /** A JSON answer (ticket, receipt, head, problem). A head's state is the largest of them. */
  jsonBytesMax: 8_388_608,
  /** A log page. */
  pageBytesMax: 33_554_432,
  /** A snapshot body. */
  snapshotBytesMax: 268_435_456,
  /** A snapshot is the one large download: it gets more time. */
  snapshotMsMax: 120_000,
  /** A server cannot make a client wait longer than this. */
  retryAfterMsMax: 600_000,
  /** Ranges named by one `missing` answer. */
  missingRangesMax: 10_000,
  /** Longest code, reference or message taken from a server's problem. */
  messageLengthMax: 1000,
  /** A client URL with its token. */
  urlLengthMax: 16_384,
  /** Client ids named by one ticket. */
  clientIdsMax: 1000,
  /** Longest text of a failure that is passed on from outside. */
  reasonLengthMax: 300,
  /** What a delivered frame has around it in JSON: the fields and their names, a group of 52 letters, session and user. */
  jsonEnvelopeBytes: 180,
  /** The same in protobuf: tags, lengths, a group of 52 letters and a sequence id. */
  protobufEnvelopeBytes: 80,
} as const;
