import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  type DocumentId,
  type DocumentMode,
  type IdentityMode,
  type NoticeContent,
  type Receipt,
  senderName,
} from "y-webpubsub/core";
import type { Authorize } from "./access.ts";
import { AccessBook } from "./access-book.ts";
import { AccessChanges } from "./access-changes.ts";
import { type DocumentStore, Documents, type Folder, type WallClock } from "./core/index.ts";
import type { AuthorizeDocument } from "./documents/authority.ts";
import { type WebhookOptions, Webhooks } from "./documents/webhooks/webhooks.ts";
import { HealthChecks } from "./health-checks.ts";
import { isHistoric } from "./history/chunks.ts";
import { History } from "./history/history.ts";
import type { HistoryOptions } from "./history/options.ts";
import type { Performer } from "./history/tasks.ts";
import { openKeys, type ServerKeys } from "./keys.ts";
import { accessLimits, type ServerLimits } from "./limits.ts";
import { type Log, reasonOf } from "./log-line.ts";
import { Metrics } from "./metrics.ts";
import { groupsOf } from "./negotiate.ts";
import { Notices } from "./notices.ts";
import { Problem } from "./problems.ts";
import { RateGate, type RateLimits } from "./rate-limits.ts";
import { type SessionRoom, SessionRooms } from "./session-rooms.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

export interface CollabParts {
  readonly service: WebPubSubServiceClient;
  readonly store: DocumentStore;
  readonly folder: Folder & Performer & { close(): Promise<void> };
  readonly clock: WallClock;
  readonly identity: IdentityMode;
  readonly mode: DocumentMode | ((document: string) => DocumentMode);
  readonly authorize: Authorize;
  readonly authorizeDocument?: AuthorizeDocument | undefined;
  readonly webhook?: WebhookOptions | undefined;
  readonly allowedOrigins: readonly string[];
  readonly limits: ServerLimits;
  readonly history: HistoryOptions;
  readonly log: Log;
  /** As the connection string has it; events name theirs. */
  readonly hub: string;
  /** Of the service: the first signs tokens, either signs events. */
  readonly accessKeys: readonly string[];
  readonly rates: RateLimits | "off";
}

/** What there is once the store is open. */
export interface Opened {
  readonly keys: ServerKeys;
  readonly documents: Documents;
  readonly access: AccessBook;
  readonly rooms: SessionRooms;
  /** Null: the store keeps none. */
  readonly history: History | null;
}

/** The one object behind the routes: store, keys, documents, notices. Opens on first use, closes once. */
export class Collab {
  readonly parts: CollabParts;
  readonly log: Log;
  readonly metrics: Metrics = new Metrics();
  readonly snapshots: SnapshotCache = new SnapshotCache();
  readonly accessChanges: AccessChanges;
  readonly notices: Notices;
  readonly gate: RateGate;
  readonly health: HealthChecks;
  /** Null: nobody is to be told. */
  readonly webhooks: Webhooks | null;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #opened: Promise<Opened> | null = null;
  #documents: Documents | null = null;
  #history: History | null = null;
  #closed: Promise<void> | null = null;
  #draining = false;

  constructor(parts: CollabParts) {
    this.parts = parts;
    this.log = parts.log;
    const { service, log } = parts;
    this.notices = new Notices({ client: service, counters: this.metrics, log });
    const { now } = parts.clock;
    this.gate = new RateGate(parts.rates, { now, metrics: this.metrics });
    this.health = new HealthChecks({
      ...{ store: parts.store, folder: parts.folder, now, log },
      open: () => this.ready(),
      stopping: () => this.draining,
    });
    const random = Math.random;
    this.webhooks = parts.webhook ? this.#makeWebhooks(parts.webhook, random) : null;
    this.accessChanges = new AccessChanges({ service, notices: this.notices, metrics: this.metrics, log, random });
  }

  get closing(): boolean {
    return this.#closed !== null;
  }

  get draining(): boolean {
    return this.#draining || this.closing;
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

  /** Who publishes a document's edits (AU1). */
  modeOf(document: DocumentId): DocumentMode {
    const { mode } = this.parts;
    return typeof mode === "function" ? mode(document) : mode;
  }

  /** An upload is durable: compaction is watched, and the room is told what its author could not tell. */
  stored(
    opened: Opened,
    document: DocumentId,
    receipt: Pick<Receipt, "generation" | "cursor">,
    told: NoticeContent | null,
  ): void {
    this.metrics.count("uploads-stored");
    opened.documents.appended(document);
    this.webhooks?.stored(document, receipt.generation, receipt.cursor);
    if (told !== null) this.#tell(opened, document, receipt.generation, told);
  }

  /** Readiness says no from now on; everything else is answered until `close()`. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether the session has a connection. When the service cannot say, it has none: a bye is repaired by the next renewal. */
  async isConnected({ session, userId }: SessionRoom): Promise<boolean> {
    try {
      const abortSignal = AbortSignal.timeout(accessLimits.callMs);
      return await this.parts.service.userExists(senderName(session, userId), { abortSignal });
    } catch (error) {
      this.log.write({ level: "warn", event: "service-unreachable", reason: reasonOf(error) });
      return false;
    }
  }

  /** Work that nobody waits for but `close()`; its failure is a line in the log. */
  besides(what: string, work: Promise<unknown>): void {
    const told = work.catch((error: unknown) => {
      this.metrics.count(`${what}-failed`);
      this.log.write({ level: "warn", event: `${what}-failed`, reason: reasonOf(error) });
    });
    void this.during(told);
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
    this.accessChanges.stop();
    await this.#documents?.close();
    await this.#history?.close();
    await this.webhooks?.close();
    await this.notices.close();
    await this.parts.folder.close();
    const [opened] = await Promise.allSettled([this.#opened]);
    if (opened.status === "fulfilled" && opened.value !== null) await this.parts.store.close();
  }

  async #open(): Promise<Opened> {
    const { store, folder, clock } = this.parts;
    await store.open();
    const keys = await openKeys(store);
    const access = new AccessBook(store, clock.now);
    const history = this.#openHistory();
    const documents: Documents = new Documents({
      ...{ store, folder, clock, signer: keys.signer, counters: this.metrics, identity: this.parts.identity },
      ...(history && {
        keeper: history,
        appended: (document, mark, atMs) => history.appended(document, mark, atMs),
      }),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      // DU9.
      rejected: (document, generation, entries) => {
        for (const { session, upload, hash } of entries) {
          this.#tell(opened, document, generation, { type: "reject", session, upload, hash });
        }
      },
      compactionFailed: (document, error) => {
        const reason = reasonOf(error);
        this.log.write({ level: "warn", event: "compaction-failed", document: this.log.hash(document), reason });
      },
    });
    this.#documents = documents;
    const opened: Opened = { keys, documents, access, rooms: new SessionRooms(store), history };
    return opened;
  }

  #openHistory(): History | null {
    const { store, folder, clock, log } = this.parts;
    if (!isHistoric(store)) return null;
    const failed = (document: DocumentId, what: string, error: unknown) =>
      log.write({
        level: "warn",
        event: `history-${what}-failed`,
        document: log.hash(document),
        reason: reasonOf(error),
      });
    this.#history = new History({
      ...{ store, performer: folder, clock, counters: this.metrics, failed },
      options: this.parts.history,
    });
    return this.#history;
  }

  #makeWebhooks(options: WebhookOptions, random: () => number): Webhooks {
    const { clock, log } = this.parts;
    const failed = (document: DocumentId, event: string, reason: string) =>
      log.write({
        level: "warn",
        event: "webhook-failed",
        document: log.hash(document),
        reason,
        fields: { hook: event },
      });
    return new Webhooks(options, { clock, counters: this.metrics, random, failed });
  }

  #tell(opened: Opened, document: DocumentId, generation: number, notice: NoticeContent): void {
    void this.during(this.#tellNow(opened, document, generation, notice));
  }

  /** A notice is a hint: without the access epoch it is left out, and the clients' checks find what it would have said. */
  async #tellNow(
    { keys, access }: Opened,
    document: DocumentId,
    generation: number,
    notice: NoticeContent,
  ): Promise<void> {
    try {
      const { accessEpoch } = await access.rules(document);
      const group = groupsOf(keys, document, generation, accessEpoch).data;
      this.notices.publish(keys.signer, { document, group, generation, accessEpoch }, notice);
    } catch (error) {
      this.metrics.count("notices-failed");
      const fields = { type: notice.type };
      const words = { document: this.log.hash(document), reason: reasonOf(error), fields };
      this.log.write({ level: "warn", event: "notice-failed", ...words });
    }
  }
}
