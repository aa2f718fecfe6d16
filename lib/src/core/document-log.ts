import {
  applicablePart,
  bytesEqual,
  type Claim,
  type Cursor,
  type DocumentId,
  type IdentityMode,
  receiptSigningBytes,
  type SessionId,
  type SnapshotBody,
  type SnapshotRef,
  type UploadBatch,
  type UserId,
  unreachable,
} from "y-webpubsub/core";
import { admit, type Verdict, writerOf } from "./admission.ts";
import { authorOf } from "./author.ts";
import type { Headed, Paged, Uploaded } from "./document-answers.ts";
import { DocumentMemory } from "./document-memory.ts";
import { type DocumentState, ownersIn, type Standing } from "./document-state.ts";
import type { DocumentStore } from "./document-store.ts";
import type { FoldedAway } from "./folded-away.ts";
import { FoldedContent } from "./folded-content.ts";
import { Gate } from "./gate.ts";
import { logLimits } from "./limits.ts";
import type { Counters, Folded, Folder, Mark, Signer, WallClock } from "./ports.ts";

export interface LogPorts {
  readonly store: DocumentStore;
  readonly clock: WallClock;
  readonly signer: Signer;
  readonly folder: Folder;
  readonly counters: Counters;
  /** ID8: what others' edits need to be believed. Default: `stamped`. */
  readonly identity?: IdentityMode;
  /** Told of each upload that was stored, with where the log ended before. */
  readonly appended?: (document: DocumentId, mark: Mark, atMs: number) => void;
  /** Lets others have their turn while a long log is read. Default: it is read at once. */
  readonly breathe?: () => Promise<void>;
  /** What was folded lately. Default: nothing. */
  readonly foldedAway?: FoldedAway;
}

const pageBounds = { entriesMax: logLimits.pageEntriesMax, bytesMax: logLimits.pageBytesMax };

type Admitted = Extract<Verdict, { readonly outcome: "admitted" }>;

/** Where an upload lies in the log. */
interface Durable {
  readonly outcome: "stored" | "duplicate" | "repeated";
  readonly hash: Uint8Array;
  readonly cursor: Cursor;
  readonly seqTo: number;
}

/** DU12: an append that has not settled yet, and the client ids that it brings structs of. */
interface Flight {
  readonly work: Promise<unknown>;
  readonly writer: SessionId;
  readonly clients: readonly number[];
}

/**
 * One document's log as one server sees it. Keeps clocks, claims and sessions in memory, never content. Several servers
 * may hold a `DocumentLog` of the same document. Every method rejects with the store's `StoreError` when it cannot know.
 */
export class DocumentLog {
  readonly #document: DocumentId;
  readonly #ports: LogPorts;
  /** Shut while the server makes an edit of its own that must follow the head it was made from. */
  readonly gate: Gate = new Gate();
  readonly #memory: DocumentMemory;
  readonly #content: FoldedContent;
  readonly #inFlight: Set<Flight> = new Set();

  constructor(document: DocumentId, ports: LogPorts) {
    this.#document = document;
    this.#ports = ports;
    this.#memory = new DocumentMemory(document, ports.store, ports.breathe);
    this.#content = new FoldedContent(document, ports);
  }

  /** Appends that have not settled yet. */
  get busy(): boolean {
    return this.#inFlight.size > 0;
  }

  /** What compaction decides by. */
  async tail(): Promise<{ readonly bytes: number; readonly entries: number; readonly snapshotBytes: number }> {
    const { tailBytes, tailEntries, snapshot } = await this.state();
    return { bytes: tailBytes, entries: tailEntries, snapshotBytes: snapshot?.payloadBytes ?? 0 };
  }

  /** What the server knows now, read on from the store first when others may have written. */
  state(): Promise<DocumentState> {
    return this.#memory.state();
  }

  /** Forgets what is in memory; the next call loads. Called after anything that may have changed the store beside us. */
  forget(): void {
    this.#memory.forget();
    this.#content.forget();
  }

  /** `session`: becomes the user's, unless it is another's already. */
  async negotiate(
    userId: UserId,
    clientIds: readonly number[],
    claiming: boolean,
    session?: SessionId,
  ): Promise<Standing> {
    const state = await this.state();
    if (session !== undefined && !state.bind(session, userId)) return state.standing(userId, [], true);
    const wanted = clientIds.filter((client) => !state.claims.has(client)).map((client): Claim => ({ client, userId }));
    if (claiming && wanted.length > 0) await this.#claim(state, wanted);
    state.seen(userId, this.#ports.clock.now());
    return state.standing(userId, clientIds, false);
  }

  /** DU3: validate, compare, append, wait until durable, and only then sign a receipt. */
  async append(batch: UploadBatch, userId: UserId, generation: number): Promise<Uploaded> {
    await this.gate.pass();
    const { identity = "stamped", signer, clock } = this.#ports;
    const place = { document: this.#document, generation, serverKey: signer.publicKey };
    const uploader = { userId, author: batch.proof === undefined ? userId : authorOf(batch, place), identity };
    let agreed: Cursor | null = null;
    let part: Uint8Array | undefined;
    for (let round = 0; ; round++) {
      const state = await this.state();
      const { head } = state;
      const verdict = admit(state, batch, { ...uploader, agrees: agreed === head, part }, generation, clock.now());
      if (verdict.outcome === "overlap" && batch.proof !== undefined && round < logLimits.appendRoundsMax) {
        // DU12: nobody but its author could cut off what the log has: what the log says there is looked up.
        if (!(await this.fold(part ?? batch.update)).agrees) return verdict;
        agreed = head;
        continue;
      }
      const before = this.#flightsBefore(verdict, writerOf(batch), round);
      if (before.length > 0) {
        await Promise.allSettled(before);
        continue;
      }
      if (verdict.outcome === "missing" && batch.proof !== undefined && part === undefined) {
        // DU8: two absent authors' merged batches may need each other, and nobody else can cut what they signed.
        part = applicablePart(batch.update, (client) => state.coverage.clock(client));
        if (part !== undefined) continue;
      }
      if (verdict.outcome === "repeated") return this.#receipt(state, batch, verdict);
      if (verdict.outcome !== "admitted") return verdict;
      // DU12: another server may append at this moment what this upload would have to be compared with.
      const isCompared = this.#ports.store.shared && round < logLimits.appendRoundsMax;
      const uploaded = await this.#fly(batch, verdict, () =>
        this.#store(state, batch, userId, verdict, isCompared ? head : undefined),
      );
      if (uploaded !== null) return uploaded;
    }
  }

  /** What must have settled first: what an upload needs may be on its way into the store, or what it would overlap. */
  #flightsBefore(verdict: Verdict, writer: SessionId, round: number): readonly Promise<unknown>[] {
    const flights = [...this.#inFlight];
    if (verdict.outcome === "missing" && round === 0) return flights.map(({ work }) => work);
    if (verdict.outcome !== "admitted") return [];
    const isRival = (flight: Flight) =>
      flight.writer !== writer && flight.clients.some((client) => verdict.clients.includes(client));
    return flights.filter(isRival).map(({ work }) => work);
  }

  async #fly<T>(batch: UploadBatch, { clients }: Admitted, start: () => Promise<T>): Promise<T> {
    const work = start();
    const flight = { work, writer: writerOf(batch), clients };
    this.#inFlight.add(flight);
    try {
      return await work;
    } catch (error) {
      // It may be stored all the same: what is known is read anew.
      this.forget();
      throw error;
    } finally {
      this.#inFlight.delete(flight);
    }
  }

  async page(after: Cursor, generation: number): Promise<Paged> {
    const state = await this.state();
    if (generation !== state.generation) return { outcome: "generation-changed", generation: state.generation };
    const { store, clock, foldedAway } = this.#ports;
    const nowMs = clock.now();
    const read = await store.entriesAfter(this.#document, after, pageBounds);
    const { head, entries } =
      read.outcome === "entries"
        ? read
        : {
            head: state.head,
            entries: foldedAway?.after({ document: this.#document, generation }, after, pageBounds, nowMs),
          };
    if (!entries)
      return { outcome: "cursor-gone", snapshot: (await store.load(this.#document))?.snapshot?.ref ?? null };
    const next = entries.at(-1)?.cursor ?? after;
    const sessions = state.sessionsUpTo(next, entries, nowMs);
    return { outcome: "page", page: { generation, head, next, more: next !== head, entries, sessions } };
  }

  /** Null when the snapshot is not kept any more. */
  async snapshot(ref: SnapshotRef): Promise<SnapshotBody | null> {
    const state = await this.state();
    const found = await this.#ports.store.payload(this.#document, ref);
    if (!found) return null;
    const { info, payload } = found;
    const live = info.sessions.map(({ session, seqTo }) => ({ session, seq: seqTo }));
    const { cursor, hash, coverage, claims } = info;
    return { generation: state.generation, cursor, hash, coverage, claims, sessions: live, payload };
  }

  /** SY9. The digest is compared with a document made of the log, never with a fold of the updates' own words. */
  async head(cursor: Cursor, digest: Uint8Array, generation: number): Promise<Headed> {
    const state = await this.state();
    if (generation !== state.generation) return { outcome: "generation-changed", generation: state.generation };
    const { head } = state;
    if (cursor !== head) return { outcome: "head", head: { generation, cursor: head, match: null, state: null } };
    const described = await this.#content.described(head);
    if (state.head !== head)
      return { outcome: "head", head: { generation, cursor: state.head, match: null, state: null } };
    const match = bytesEqual(described.digest, digest);
    return { outcome: "head", head: { generation, cursor: head, match, state: match ? null : described.state } };
  }

  /** The document at the head of the log, made anew by the folder, and `compared` with it. */
  fold(compared?: Uint8Array): Promise<Folded> {
    return this.#content.fold(compared);
  }

  /** Null: the log did not end at `head` any more. */
  async #store(
    state: DocumentState,
    batch: UploadBatch,
    userId: UserId,
    { hash, claims, clients, update }: Admitted,
    head: Cursor | undefined,
  ): Promise<Uploaded | null> {
    if (claims.length > 0 && !(await this.#claim(state, claims))) return { outcome: "foreign-client" };
    const { session, upload, seqTo } = batch;
    const owners = ownersIn(state.claims, clients);
    const entry = { session, userId, upload, seqTo, hash, owners, atMs: this.#ports.clock.now(), update };
    const mark = { generation: state.generation, cursor: state.head, atMs: state.headAtMs };
    const appended = await this.#ports.store.append(this.#document, state.generation, entry, head);
    if (appended.outcome === "stored") this.#ports.appended?.(this.#document, mark, entry.atMs);
    switch (appended.outcome) {
      case "stored":
        // Behind a shared store others' entries may lie before this one: then it is read on in order.
        if (!this.#ports.store.shared) state.fold({ ...entry, cursor: appended.cursor }, writerOf(batch));
        else if (head === undefined && (await this.state()).isVoid(session, upload)) return { outcome: "overlap" };
        if (this.#memory.isOutdated(state)) this.forget();
        return this.#receipt(state, batch, { hash, cursor: appended.cursor, seqTo, outcome: "stored" }, owners);
      case "duplicate":
        // Stored without being taken in here: by another server, or by a try whose outcome was unknown.
        this.forget();
        if ((await this.state()).isVoid(session, upload)) return { outcome: "overlap" };
        return this.#receipt(state, batch, { hash, ...appended });
      case "conflict":
        return { outcome: "upload-conflict" };
      case "stale":
        return { outcome: "upload-stale" };
      case "generation-changed":
        this.forget();
        return appended;
      case "head-changed":
        return null;
      default:
        throw unreachable(appended);
    }
  }

  /** Whether all claims are the users' who asked. */
  async #claim(state: DocumentState, claims: readonly Claim[]): Promise<boolean> {
    const owners = await this.#ports.store.claim(this.#document, claims);
    for (const { client, userId } of owners) state.claims.set(client, userId);
    return claims.every(({ client, userId }) => state.claims.get(client) === userId);
  }

  #receipt(
    state: DocumentState,
    { session, upload }: UploadBatch,
    where: Durable,
    owners: readonly Claim[] = [],
  ): Uploaded {
    const { hash, cursor, seqTo } = where;
    const words = { generation: state.generation, session, upload, hash, cursor, seqTo };
    const signature = this.#ports.signer.sign(receiptSigningBytes(this.#document, words));
    return { outcome: "receipt", receipt: { ...words, signature }, owners, repeated: where.outcome !== "stored" };
  }
}
