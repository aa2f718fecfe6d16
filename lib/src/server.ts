import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Router } from "express";
import * as Y from "yjs";
import { type Authorize, documentIdOf } from "./access.ts";
import { Collab } from "./collab.ts";
import type { DocumentStore } from "./core/index.ts";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { Log, type LogSink, stderrSink } from "./log-line.ts";
import { makeRouter } from "./router.ts";
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
  /** Origins of pages on other hosts that may use this server, as `https://example.org`. Default: none. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
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
  /** Answers 503 to new requests, finishes those under way (at most 10 s), closes worker and store. Idempotent. */
  close(): Promise<void>;
}

/** Direct access to a document, without HTTP and without `authorize`. */
export interface DocumentAccess {
  /**
   * Calls `read` with the document at the head of its log, and answers what it returns. The Y.Doc is a copy that is
   * destroyed afterwards: changes to it go nowhere. A document that was never written is empty.
   */
  read<T>(read: (doc: Y.Doc) => T | Promise<T>): Promise<T>;
}

/** Throws a `TypeError` with the next step when an option is missing. Touches neither network nor disk. */
export function createCollabServer(options: CollabServerOptions): CollabServer {
  const { connectionString, hub = "collab", storage, authorize, allowedOrigins = [], log = stderrSink } = options;
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
    allowedOrigins,
    limits: { ...defaultLimits, ...options.limits },
    log: new Log(log, connectionString),
  });
  return {
    router: makeRouter(collab),
    document: (id) => documentAccess(collab, id),
    async ready() {
      await collab.ready();
    },
    stats: () => ({ documents: collab.documentCount, counts: collab.metrics.all() }),
    close: () => collab.close(),
  };
}

/** The SDK refuses plain HTTP unless told; only a local service speaks it. */
function serviceClient(connectionString: string, hub: string): WebPubSubServiceClient {
  return new WebPubSubServiceClient(connectionString, hub, {
    allowInsecureConnection: /(^|;)\s*Endpoint=http:/i.test(connectionString),
    retryOptions: { maxRetries: 2, retryDelayInMs: 500 },
  });
}

function documentAccess(collab: Collab, id: string): DocumentAccess {
  const document = documentIdOf(id);
  const readNow = async <T>(read: (doc: Y.Doc) => T | Promise<T>): Promise<T> => {
    const { documents } = await collab.ready();
    const { payload } = await documents.log(document).fold();
    const doc = new Y.Doc();
    try {
      Y.applyUpdateV2(doc, payload);
      return await read(doc);
    } finally {
      doc.destroy();
    }
  };
  return { read: (read) => collab.during(readNow(read)) };
}

/** Does not keep the process alive. */
function backgroundTimer(delayMs: number, fire: () => void): () => void {
  const timer = setTimeout(fire, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}
