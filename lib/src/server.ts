import type { RequestHandler, Router } from "express";
import type { DocumentMode, IdentityMode, UserId } from "y-webpubsub/core";
import { type Authorize, documentIdOf, userIdOf } from "./access.ts";
import type { Ceiling } from "./access-book.ts";
import { Collab } from "./collab.ts";
import type { DocumentStore } from "./core/index.ts";
import type { AuthorizeDocument } from "./documents/authority.ts";
import { type DocumentApi, documentApi } from "./documents/document-api.ts";
import { Transactions } from "./documents/transact.ts";
import type { WebhookOptions } from "./documents/webhooks/webhooks.ts";
import { metricsHandler } from "./exposition.ts";
import type { HealthReport } from "./health-checks.ts";
import { type HistoryOptions, historyOptionsOf } from "./history/options.ts";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { Log, type LogSink, stderrSink } from "./log-line.ts";
import { defaultRates, type RateLimits } from "./rate-limits.ts";
import { makeRouter } from "./router.ts";
import { accessKeyOf, serviceClient } from "./service-client.ts";
import { WorkerFolder } from "./worker/folder.ts";

export interface CollabServerOptions {
  /** `Endpoint=...;AccessKey=...;Version=1.0;` of Azure Web PubSub or of the local service. */
  readonly connectionString: string | undefined;
  /** Default: `collab`. */
  readonly hub?: string;
  /** Opened by the first request or `ready()`, closed by `close()`. */
  readonly storage: DocumentStore;
  /** Mandatory: nobody may do anything by default. */
  readonly authorize: Authorize;
  /**
   * Who may use the API for documents (docs/documents-api.md). Default: nobody, except that people whom `authorize`
   * admits may see the history of a document, and writers may name versions and restore.
   */
  readonly authorizeDocument?: AuthorizeDocument;
  /** Who is to be told when documents change (docs/documents-api.md, Web hooks). Default: nobody. */
  readonly webhook?: WebhookOptions;
  /**
   * The service's other access key. Events of the service are believed when either key signed them, and keys can be
   * rotated without a pause: give the new one here first, then swap them.
   */
  readonly secondaryAccessKey?: string | undefined;
  /** Origins of pages on other hosts that may use this server, as `https://example.org`. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /**
   * `signed`: members believe nothing but each other's signatures, and nobody can speak for an absent author. Needs
   * providers with WebCrypto Ed25519. Default `stamped`: members believe whom the service names as the sender.
   */
  readonly identity?: IdentityMode;
  /**
   * `authoritative`: writers cannot publish edits; the server validates and stores each one and publishes it then, so that
   * what others see is saved. One more way for each edit, and no live editing while this server is down. Of one document
   * the same on every server and for every user; a change counts from each member's next negotiation on. Default `direct`.
   */
  readonly mode?: DocumentMode | ((document: string) => DocumentMode);
  readonly limits?: Partial<ServerLimits>;
  /** How much history is kept, and how (docs/history.md). Throws a `TypeError` at once when an option is not sound. */
  readonly history?: Partial<HistoryOptions>;
  /** How often users, addresses and documents may ask; each part has a default. `"off"`: something in front counts. */
  readonly rates?: Partial<RateLimits> | "off";
  /** Default: warnings and errors as JSON lines on standard error. */
  readonly log?: LogSink;
}

export interface CollabServer {
  /** Mount it under a path of its own: `app.use("/collab", collab.router)`. It answers everything below. */
  readonly router: Router;
  /** Throws a `Problem` when the id cannot name a document. */
  document(id: string): DocumentAccess;
  /** Opens the store now instead of with the first request. Rejects with a `StoreError` when it cannot be opened. */
  ready(): Promise<void>;
  /** Since the start, for metrics. Names are stable, e.g. `uploads-stored`, `problems-store-failed`. */
  stats(): { readonly documents: number; readonly counts: Readonly<Record<string, number>> };
  /**
   * Revokes a user in every document, until `admit`: tickets and uploads are refused at once (on other servers of the
   * same store within 1 s), and the user's connections are closed.
   */
  revoke(userId: string): Promise<void>;
  /** Takes `revoke` back; `authorize` decides again. */
  admit(userId: string): Promise<void>;
  /** Prometheus metrics, to be mounted where only your own network comes: `inner.get("/metrics", collab.metrics)`. */
  readonly metrics: RequestHandler;
  /** Whether requests should be sent here, as `GET /health/ready` says it. Looks at the store at most every 5 s. */
  health(): Promise<HealthReport>;
  /** `GET /health/ready` answers 503 from now on, everything else goes on: to be called a while before `close()`. */
  drain(): void;
  /** Answers 503 to new requests, finishes those under way (at most 10 s), closes worker and store. Idempotent. */
  close(): Promise<void>;
}

/** Direct access to a document, without HTTP and without `authorize`. */
export interface DocumentAccess extends DocumentApi {
  /**
   * Refuses the user in this document until `admit`, whatever `authorize` says. Durable when it resolves: from then on
   * this server takes no byte of the user, other servers of the same store none after 1 s. The user's connections are
   * closed, everybody else moves to new groups.
   */
  revoke(userId: string): Promise<void>;
  /** The user may at most read from now on; otherwise as `revoke`. Taken back by `admit`. */
  limitToReader(userId: string): Promise<void>;
  /** Takes `revoke` and `limitToReader` back; `authorize` decides again. */
  admit(userId: string): Promise<void>;
  /** Folds the log into a new snapshot now. It is done by itself when it is due; this is for tools. */
  compact(): Promise<void>;
  /** `authorize` answers otherwise now: everybody connected negotiates anew, and moves to new groups. */
  renegotiate(): Promise<void>;
}

/** Throws a `TypeError` with the next step when an option is missing. Touches neither network nor disk. */
export function createCollabServer(options: CollabServerOptions): CollabServer {
  const { connectionString, hub = "collab", storage, authorize, allowedOrigins = [], log = stderrSink } = options;
  const { secondaryAccessKey, rates = {} } = options;
  if (!connectionString) {
    throw new TypeError(
      "connectionString is missing. Set WEBPUBSUB_CONNECTION_STRING, or start webpubsub-local and use the one it prints.",
    );
  }
  if (typeof authorize !== "function") {
    throw new TypeError(
      "authorize is missing. Pass (request, document) => ({ userId, role }) or null; there is no default that allows.",
    );
  }
  if (typeof storage !== "object" || storage === null) {
    throw new TypeError(
      'storage is missing. Pass new LevelStore({ path: "./data" }) of y-webpubsub-server/storage/level.',
    );
  }
  const collab = new Collab({
    service: serviceClient(connectionString, hub),
    store: storage,
    folder: new WorkerFolder(),
    clock: { now: () => Date.now(), after: backgroundTimer },
    authorize,
    authorizeDocument: options.authorizeDocument,
    webhook: options.webhook,
    allowedOrigins,
    identity: options.identity ?? "stamped",
    mode: options.mode ?? "direct",
    limits: { ...defaultLimits, ...options.limits },
    history: historyOptionsOf(options.history),
    log: new Log(log, connectionString),
    hub,
    accessKeys: [accessKeyOf(connectionString), secondaryAccessKey ?? ""].filter((key) => key !== ""),
    rates: rates === "off" ? rates : { ...defaultRates, ...rates },
  });
  const transactions = new Transactions();
  return {
    router: makeRouter(collab),
    document: (id) => documentAccess(collab, transactions, id),
    async ready() {
      await collab.ready();
    },
    stats: () => ({ documents: collab.documentCount, counts: collab.metrics.all() }),
    revoke: (userId) => collab.during(setRevoked(collab, userId, true)),
    admit: (userId) => collab.during(setRevoked(collab, userId, false)),
    metrics: metricsHandler(collab),
    health: () => collab.health.look(),
    drain: () => collab.drain(),
    close: () => collab.close(),
  };
}

async function setRevoked(collab: Collab, userId: string, revoked: boolean): Promise<void> {
  const user = userIdOf(userId);
  await collab.accessChanges.setRevoked(await collab.ready(), user, revoked);
}

function documentAccess(collab: Collab, transactions: Transactions, id: string): DocumentAccess {
  const document = documentIdOf(id);
  const change = (user: { readonly userId: UserId; readonly ceiling: Ceiling | null } | null) =>
    collab.during(collab.ready().then((opened) => collab.accessChanges.change(opened, document, user)));
  return {
    ...documentApi(collab, document, transactions),
    revoke: async (userId) => change({ userId: userIdOf(userId), ceiling: "none" }),
    limitToReader: async (userId) => change({ userId: userIdOf(userId), ceiling: "reader" }),
    admit: async (userId) => change({ userId: userIdOf(userId), ceiling: null }),
    renegotiate: () => change(null),
    compact: () => collab.during(collab.ready().then(({ documents }) => documents.compact(document))),
  };
}

/** Does not keep the process alive. */
function backgroundTimer(delayMs: number, fire: () => void): () => void {
  const timer = setTimeout(fire, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}
