export type ProblemCode =
  | "document-invalid"
  | "session-invalid"
  | "protocol-unsupported"
  | "parameter-invalid"
  | "body-invalid"
  | "forbidden"
  | "read-only"
  | "origin-refused"
  | "not-found"
  | "version-not-found"
  | "position-gone"
  | "head-changed"
  | "history-off"
  | "document-exists"
  | "backup-invalid"
  | "snapshot-gone"
  | "method-not-allowed"
  | "body-late"
  | "upload-conflict"
  | "upload-stale"
  | "session-taken"
  | "overlap"
  | "missing"
  | "owner-active"
  | "cursor-gone"
  | "generation-changed"
  | "body-too-large"
  | "content-type-unsupported"
  | "update-invalid"
  | "foreign-client"
  | "proof-invalid"
  | "authorize-failed"
  | "internal"
  | "store-failed"
  | "fold-failed"
  | "too-many-requests"
  | "document-full"
  | "event-refused"
  | "too-busy"
  | "closing"
  | "store-full";

/** Every failure a client can meet: its status, and what happened with the next step. Codes are stable. */
const table = {
  "document-invalid": [
    400,
    "The document's name must have 1 to 256 characters, in NFC, without control characters. Send another `document`.",
  ],
  "session-invalid": [
    400,
    "`session` must be 12 random bytes in base64url (16 characters). Make one for each provider.",
  ],
  "protocol-unsupported": [
    400,
    "This server speaks protocol 1. Use a provider and a server of the same major version.",
  ],
  "parameter-invalid": [
    400,
    "A query parameter is missing or malformed. Compare the request with docs/protocol.md, HTTP.",
  ],
  "body-invalid": [400, "The body cannot be read. Compare it with docs/protocol.md, HTTP."],
  forbidden: [
    403,
    "`authorize` did not admit this user to this document. Sign in with another account, or change `authorize`.",
  ],
  "read-only": [403, "This user may read the document, not change it. Ask for the role `writer`."],
  "origin-refused": [403, "Pages of this origin may not use this server. Add the origin to `allowedOrigins`."],
  "event-refused": [
    401,
    "This is no event of the service that the connection string names. Check the access keys on both sides.",
  ],
  "not-found": [404, "There is nothing here. See the server's OpenAPI description for what it answers."],
  "version-not-found": [404, "There is no such version. List the versions again."],
  "position-gone": [
    410,
    "The history does not reach this position of the log. List the versions or entries, and take one of them.",
  ],
  "head-changed": [
    412,
    "The document was changed meanwhile. Read it again, then repeat the request with the new head.",
  ],
  "history-off": [501, "This store keeps no history. Use a store that does: docs/history.md names them."],
  "document-exists": [409, "The document was written already. Delete it first, or import under another name."],
  "backup-invalid": [422, "This is not a sound backup of this document, and nothing was imported. Export it again."],
  "snapshot-gone": [404, "This snapshot was replaced. Negotiate again, and load the one that the ticket names."],
  "method-not-allowed": [405, "This address takes another method. See the `Allow` header."],
  "body-late": [408, "The body did not arrive in time. Send it again."],
  "upload-conflict": [
    409,
    "The session used this upload number for other bytes. Upload under the next number or a new session.",
  ],
  overlap: [
    409,
    "Another session has written where these edits would lie. Read the log, compare, and upload what it lacks.",
  ],
  "session-taken": [409, "This session is another user's. Begin a new one: make 12 random bytes, and negotiate again."],
  "upload-stale": [409, "The session has uploaded later numbers. Upload under the next number."],
  missing: [409, "The update builds on content that the log lacks. Upload the ranges first, or try again later."],
  "owner-active": [409, "The owner of these edits was active a moment ago, and may yet upload them. Try again later."],
  "cursor-gone": [410, "The log does not reach back to this cursor. Load the snapshot, then the log after it."],
  "generation-changed": [410, "The document was deleted and made again. Load it anew."],
  "body-too-large": [413, "The body is larger than allowed. Send smaller uploads; the ticket names the limit."],
  "content-type-unsupported": [
    415,
    "This address takes another content type: application/json to negotiate, application/octet-stream to upload.",
  ],
  "update-invalid": [422, "The update is not a sound Yjs V1 update, and was not stored. Do not send it again."],
  "foreign-client": [
    422,
    "The update has structs of another user's client id, and was not stored. Give the Y.Doc a new client id.",
  ],
  "too-many-requests": [429, "Too many requests at once. Wait for as many seconds as `Retry-After` says."],
  "proof-invalid": [
    422,
    "The signature under another author's edits does not hold, and nothing was stored. Do not send them again.",
  ],
  "authorize-failed": [
    500,
    "`authorize` threw, took too long or answered something else than an identity. See the server's log.",
  ],
  internal: [500, "The server failed at this request. See its log."],
  "store-failed": [
    503,
    "The store cannot be read or written now. Nothing was lost; try again later, and see the server's log.",
  ],
  "fold-failed": [503, "The document could not be put together now. Try again later, and see the server's log."],
  "too-busy": [503, "The server receives too much at once. Try again later."],
  closing: [503, "The server is stopping. Try again: another one may answer."],
  "document-full": [
    507,
    "The document has reached its size limit. Start another one, or raise `limits.documentBytes`.",
  ],
  "store-full": [507, "The store has no space left. Keep the edits and try again later; free space on the server."],
} as const satisfies Record<ProblemCode, readonly [number, string]>;

export interface ProblemDetails {
  /** What exactly is wrong; appended to the message. Never a secret, never a foreign string. */
  readonly what?: string;
  /** Further fields of the answer. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Seconds that the client is told to wait. */
  readonly retryAfterS?: number;
  /** For the log only. */
  readonly cause?: unknown;
}

/** Thrown by a handler, answered by the router as `{ code, message, ... }`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly retryAfterS: number | null;

  constructor(code: ProblemCode, { what, fields = {}, retryAfterS, cause }: ProblemDetails = {}) {
    const message = table[code][1];
    super(what === undefined ? message : `${message} (${what})`, { cause });
    this.name = "Problem";
    this.code = code;
    this.fields = fields;
    this.retryAfterS = retryAfterS ?? null;
  }

  get status(): number {
    return table[this.code][0];
  }

  get body(): Readonly<Record<string, unknown>> {
    return { ...this.fields, code: this.code, message: this.message };
  }
}
