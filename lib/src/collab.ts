import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { DocumentId, NoticeContent, Receipt } from "y-webpubsub/core";
import type { Authorize } from "./access.ts";
import { type DocumentStore, Documents, type Folder, type WallClock } from "./core/index.ts";
import { openKeys, type ServerKeys } from "./keys.ts";
import type { ServerLimits } from "./limits.ts";
import { type Log, reasonOf } from "./log-line.ts";
import { Metrics } from "./metrics.ts";
import { accessEpoch, groupsOf } from "./negotiate.ts";
import { Notices } from "./notices.ts";
import { Problem } from "./problems.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

export interface CollabParts {
  readonly service: WebPubSubServiceClient;
  readonly store: DocumentStore;
  readonly folder: Folder & { close(): Promise<void> };
  readonly clock: WallClock;
  readonly authorize: Authorize;
  readonly allowedOrigins: readonly string[];
  readonly limits: ServerLimits;
  readonly log: Log;
}

/** What there is once the store is open. */
export interface Opened {
  readonly keys: ServerKeys;
  readonly documents: Documents;
}

/** The one object behind the routes: store, keys, documents, notices. Opens on first use, closes once. */
export class Collab {
  readonly parts: CollabParts;
  readonly log: Log;
  readonly metrics: Metrics = new Metrics();
  readonly snapshots: SnapshotCache = new SnapshotCache();
  readonly #notices: Notices;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #opened: Promise<Opened> | null = null;
  #documents: Documents | null = null;
  #closed: Promise<void> | null = null;

  constructor(parts: CollabParts) {
    this.parts = parts;
    this.log = parts.log;
    this.#notices = new Notices({ client: parts.service, counters: this.metrics, log: parts.log });
  }

  get closing(): boolean {
    return this.#closed !== null;
  }

  /** Documents held in memory. */
  get documentCount(): number {
    return this.#documents?.size ?? 0;
  }

  /** Opens the store and reads the keys, once; after a failure the next call tries again. */
  ready(): Promise<Opened> {
    if (this.closing) return Promise.reject(new Problem("closing"));
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  /** An upload is durable: compaction is watched, and the room is told when its author could not. */
  stored({ keys, documents }: Opened, document: DocumentId, receipt: Receipt, announce: boolean): void {
    this.metrics.count("uploads-stored");
    documents.appended(document);
    if (announce) this.#tell(keys, document, receipt.generation, { type: "stored", cursor: receipt.cursor });
  }

  /** Keeps `close()` waiting for the work. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** New requests get 503; those under way are finished, then everything is closed, the store last. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.parts.limits.drainMs);
    });
    await Promise.race([Promise.allSettled(this.#underWay), late]);
    clearTimeout(timer);
    await this.#documents?.close();
    await this.#notices.close();
    await this.parts.folder.close();
    const [opened] = await Promise.allSettled([this.#opened]);
    if (opened.status === "fulfilled" && opened.value !== null) await this.parts.store.close();
  }

  async #open(): Promise<Opened> {
    const { store, folder, clock } = this.parts;
    await store.open();
    const keys = await openKeys(store);
    const documents = new Documents({
      ...{ store, folder, clock, signer: keys.signer, counters: this.metrics },
      // DU9.
      rejected: (document, generation, entries) => {
        for (const { session, upload, hash } of entries) {
          this.#tell(keys, document, generation, { type: "reject", session, upload, hash });
        }
      },
      compactionFailed: (document, error) => {
        const reason = reasonOf(error);
        this.log.write({ level: "warn", event: "compaction-failed", document: this.log.hash(document), reason });
      },
    });
    this.#documents = documents;
    return { keys, documents };
  }

  #tell(keys: ServerKeys, document: DocumentId, generation: number, notice: NoticeContent): void {
    const group = groupsOf(keys, document, generation).data;
    this.#notices.publish(keys.signer, { document, group, generation, accessEpoch }, notice);
  }
}
