import * as Y from "yjs";
import { Coverage } from "../coverage.ts";
import { bytesEqual, digestOf, sha256 } from "../digest.ts";
import {
  type Claim,
  type Cursor,
  type DocumentId,
  type Failure,
  type Head,
  type LogEntry,
  type LogPage,
  type Receipt,
  type Role,
  type Server,
  ServerFailure,
  type SessionCard,
  type SessionId,
  type SnapshotBody,
  type SnapshotRef,
  type Ticket,
  type UploadBatch,
  type UserId,
} from "../ports.ts";
import { type StructRange, uploadLimits, validateUpdate } from "../validate-update.ts";
import { groups } from "./fake-service.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Test support: one document's log in memory, with knobs for its failures. */
export class FakeServer {
  readonly clock: VirtualClock;
  entries: LogEntry[] = [];
  readonly claims: Map<number, UserId> = new Map();
  coverage: Coverage = Coverage.empty();
  readonly uploads: UploadBatch[] = [];
  readonly calls: string[] = [];
  generation = 1;
  accessEpoch = 1;
  role: Role = "writer";
  clash: readonly number[] = [];
  pageEntries = 2;
  latencyMs = 10;
  uploadBytesMax = 1_000_000;
  snapshotBody: SnapshotBody | null = null;
  /** Answers a failure for a call that shall fail. */
  fails: (call: string) => Failure | null = () => null;
  /** What else a ticket says. */
  tickets: (userId: UserId, card: SessionCard) => Partial<Ticket> = () => ({});
  /** AU2: an upload was answered for; the same again when it is repeated. */
  appended: (entry: LogEntry, batch: UploadBatch) => void = () => undefined;
  /** Of every receipt. */
  signature: Uint8Array = new Uint8Array(64);
  /** Receipts get lost on their way. */
  losesReceipts = false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  get head(): Cursor {
    return this.entries.at(-1)?.cursor ?? this.snapshotBody?.cursor ?? ("" as Cursor);
  }

  down(): void {
    this.fails = () => ({ kind: "unreachable", message: "server down", retryAfterMs: null });
  }

  upAgain(): void {
    this.fails = () => null;
  }

  doc(): Y.Doc {
    const doc = new Y.Doc();
    if (this.snapshotBody !== null) Y.applyUpdateV2(doc, this.snapshotBody.payload);
    for (const entry of this.entries) Y.applyUpdate(doc, entry.update);
    return doc;
  }

  /** A backup of long ago was restored: the same generation, and nothing of it. */
  lose(): void {
    this.entries = [];
    this.coverage = Coverage.empty();
  }

  /** Folds the log into a snapshot; cursors before it are gone. */
  compact(): void {
    const payload = Y.encodeStateAsUpdateV2(this.doc());
    const cursor = this.head;
    const claims: Claim[] = [...this.claims].map(([client, userId]) => ({ client, userId }));
    const sessions = this.sessions();
    const coverage = this.coverage.encode();
    this.snapshotBody = {
      generation: this.generation,
      cursor,
      hash: sha256(payload),
      coverage,
      claims,
      sessions,
      payload,
    };
    this.entries = [];
  }

  as(userId: UserId): Server {
    return {
      negotiate: (_document, card) => this.answer("negotiate", () => this.ticket(userId, card)),
      snapshot: () =>
        this.answer(
          "snapshot",
          () => this.snapshotBody ?? refuse({ kind: "refused", message: "gone", code: "snapshot-gone" }),
        ),
      log: (_document, generation, after) => this.answer("log", () => this.page(generation, after)),
      upload: (_document: DocumentId, generation, batch, options) =>
        this.answer(options.keepalive ? "upload-keepalive" : "upload", () => this.append(userId, generation, batch)),
      head: (_document, generation, cursor, digest) =>
        this.answer("head", () => this.compare(generation, cursor, digest)),
    };
  }

  private answer<T>(call: string, make: () => T): Promise<T> {
    this.calls.push(call);
    return new Promise((resolve, reject) => {
      this.clock.after(this.latencyMs, () => {
        try {
          const failure = this.fails(call);
          if (failure !== null) refuse(failure);
          resolve(make());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  private ticket(userId: UserId, card: SessionCard): Ticket {
    this.checkGeneration(card.generation ?? this.generation);
    for (const client of card.clientIds) if (!this.claims.has(client)) this.claims.set(client, userId);
    return {
      url: "wss://fake",
      userId,
      role: this.role,
      groups,
      generation: this.generation,
      accessEpoch: this.accessEpoch,
      head: this.head,
      snapshot: this.snapshotBody === null ? null : ("snapshot" as SnapshotRef),
      serverKey: new Uint8Array(32),
      clash: card.clientIds.filter((client) => this.clash.includes(client)),
      uploadBytesMax: this.uploadBytesMax,
      ...this.tickets(userId, card),
    };
  }

  private page(generation: number, after: Cursor): LogPage {
    this.checkGeneration(generation);
    const start = this.snapshotBody?.cursor ?? ("" as Cursor);
    const index = this.entries.findIndex((entry) => entry.cursor === after);
    if (index < 0 && after !== start) {
      refuse({
        kind: "cursor-gone",
        message: "compacted",
        snapshot: this.snapshotBody === null ? null : ("snapshot" as SnapshotRef),
      });
    }
    const entries = this.entries.slice(index + 1, index + 1 + this.pageEntries);
    const next = entries.at(-1)?.cursor ?? after;
    return { generation, head: this.head, next, more: next !== this.head, entries, sessions: this.sessions() };
  }

  private append(userId: UserId, generation: number, batch: UploadBatch): Receipt {
    this.checkGeneration(generation);
    this.uploads.push(batch);
    const hash = sha256(batch.update);
    const known = this.entries.find((entry) => entry.session === batch.session && entry.upload === batch.upload);
    if (known !== undefined && !bytesEqual(sha256(known.update), hash)) {
      refuse({ kind: "upload-conflict", message: "other bytes" });
    }
    if (batch.update.length > this.uploadBytesMax) {
      refuse({ kind: "invalid", message: "too large", code: "body-too-large" });
    }
    const checked = validateUpdate(batch.update, uploadLimits);
    if (!checked.ok) return refuse({ kind: "invalid", message: checked.problem, code: "update-invalid" });
    const ranges = this.coverage.missingFor(checked.summary);
    if (ranges.length > 0) refuse({ kind: "missing", message: "missing", ranges });
    if (known === undefined && this.overlaps(checked.summary.structs, batch.session)) {
      refuse({ kind: "overlap", message: "compare first" });
    }
    const cursor = known?.cursor ?? (`e${this.entries.length + 1}-${this.uploads.length}` as Cursor);
    if (known === undefined) {
      const clients = new Set(checked.summary.structs.map(({ client }) => client));
      for (const client of clients) if (!this.claims.has(client)) this.claims.set(client, userId);
      const owners = [...clients].map((client) => ({ client, userId: this.claims.get(client) ?? userId }));
      this.coverage.add(checked.summary);
      const { session, upload, seqTo, update } = batch;
      this.entries.push({ cursor, session, userId, upload, seqTo, owners, update });
    }
    const entry = this.entries.find((one) => one.cursor === cursor);
    if (entry !== undefined) this.appended(entry, batch);
    if (this.losesReceipts) refuse({ kind: "unreachable", message: "receipt lost", retryAfterMs: null });
    const { session, upload, seqTo } = batch;
    return { generation, session, upload, hash, cursor, seqTo, signature: this.signature };
  }

  /** DU12. */
  private overlaps(structs: readonly StructRange[], session: SessionId): boolean {
    return structs.some(({ client, clock, kind }) => {
      const writer = this.entries.findLast(({ update }) => Y.parseUpdateMeta(update).to.has(client))?.session;
      return kind === "item" && clock < this.coverage.clock(client) && writer !== undefined && writer !== session;
    });
  }

  private compare(generation: number, cursor: Cursor, digest: Uint8Array): Head {
    this.checkGeneration(generation);
    const { accessEpoch } = this;
    if (cursor !== this.head) return { generation, cursor: this.head, match: null, state: null, accessEpoch };
    const doc = this.doc();
    const match = bytesEqual(digestOf(doc), digest);
    return { generation, cursor, match, state: match ? null : Y.encodeSnapshot(Y.snapshot(doc)), accessEpoch };
  }

  private sessions(): LogPage["sessions"] {
    const highest = new Map<SessionId, number>(this.snapshotBody?.sessions.map(({ session, seq }) => [session, seq]));
    for (const { session, seqTo } of this.entries) highest.set(session, Math.max(highest.get(session) ?? 0, seqTo));
    return [...highest].map(([session, seq]) => ({ session, seq }));
  }

  private checkGeneration(generation: number): void {
    if (generation !== this.generation) {
      refuse({ kind: "generation-changed", message: "deleted and made again", generation: this.generation });
    }
  }
}

function refuse(failure: Failure): never {
  throw new ServerFailure(failure);
}
