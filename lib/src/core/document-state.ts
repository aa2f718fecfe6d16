import {
  type Claim,
  Coverage,
  type Cursor,
  type Neighbour,
  type SessionId,
  type SnapshotRef,
  type StoredSession,
  type UpdateSummary,
  type UserId,
  uploadLimits,
  validateUpdate,
} from "y-webpubsub/core";
import {
  type SessionRow,
  type SnapshotInfo,
  type StoredDocument,
  type StoredEntry,
  StoreError,
} from "./document-store.ts";
import { logLimits } from "./limits.ts";

/** What a session is told when it negotiates. */
export interface Standing {
  readonly generation: number;
  readonly head: Cursor;
  readonly snapshot: SnapshotRef | null;
  /** Asked client ids that belong to another user. */
  readonly clash: readonly number[];
  /** ID11: the asked session is another user's; everything else is void. */
  readonly sessionTaken: boolean;
}

/**
 * What one server remembers of a document: clocks, owners and sessions, no content. Folding the entries' own words finds
 * every struct, and fewer deletions than the document has; it decides what is applicable, never what is equal.
 */
export class DocumentState {
  generation = 1;
  head: Cursor = "" as Cursor;
  /** When the last upload known here came; 0: nothing is remembered of it. */
  headAtMs = 0;
  snapshot: SnapshotInfo | null = null;
  coverage: Coverage = Coverage.empty();
  readonly claims: Map<number, UserId> = new Map();
  readonly sessions: Map<SessionId, SessionRow> = new Map();
  tailEntries = 0;
  tailBytes = 0;
  /** When each user uploaded or negotiated last. */
  readonly #lastSeen: Map<UserId, number> = new Map();
  /** ID11: sessions that negotiated here and need not have uploaded. */
  readonly #negotiated: Map<SessionId, UserId> = new Map();
  /** DU12: which session brought a client id's last structs. */
  readonly #writers: Map<number, SessionId> = new Map();

  /** DU12: each session's last upload that lies where another session's lay before: stored, and never acknowledged. */
  readonly #void: Map<SessionId, number> = new Map();

  static of(stored: StoredDocument | null): DocumentState {
    const state = new DocumentState();
    state.replace(stored);
    return state;
  }

  /** As `of`, with a breath after every few entries of a long log: other documents are served meanwhile. */
  static async read(stored: StoredDocument | null, breathe?: () => Promise<void>): Promise<DocumentState> {
    const state = DocumentState.of(stored && { ...stored, entries: [], head: "" as Cursor });
    await state.foldAll(stored?.entries ?? [], breathe);
    if (stored && stored.head > state.head) state.head = stored.head;
    return state;
  }

  /** In log order, with breaths as `read`: meanwhile the state is what it was after some entry. */
  async foldAll(entries: readonly StoredEntry[], breathe?: () => Promise<void>): Promise<void> {
    let bytes = 0;
    for (const entry of entries) {
      if (breathe !== undefined && bytes > logLimits.breathBytes) {
        await breathe();
        bytes = 0;
      }
      this.fold(entry);
      bytes += entry.update.length;
    }
  }

  /** What no store remembers: who negotiated, who was here when, and which session wrote what was folded away since. */
  remember(before: DocumentState): void {
    for (const [session, userId] of before.#negotiated) this.bind(session, userId);
    for (const [userId, atMs] of before.#lastSeen) this.seen(userId, atMs);
    if (before.generation !== this.generation) return;
    for (const [client, writer] of before.#writers) {
      const isSame = before.coverage.clock(client) === this.coverage.clock(client);
      if (isSame && this.sessions.has(writer)) this.#writers.set(client, writer);
    }
  }

  /** Takes the store's word for everything. */
  replace(stored: StoredDocument | null): void {
    this.claims.clear();
    this.sessions.clear();
    this.#writers.clear();
    this.#void.clear();
    this.tailEntries = 0;
    this.tailBytes = 0;
    this.headAtMs = 0;
    this.generation = stored?.generation ?? 1;
    this.snapshot = stored?.snapshot ?? null;
    this.coverage = coverageOf(this.snapshot);
    this.head = this.snapshot?.cursor ?? ("" as Cursor);
    for (const { client, userId } of stored?.claims ?? []) this.claims.set(client, userId);
    for (const row of stored?.sessions ?? []) {
      this.sessions.set(row.session, row);
      this.seen(row.userId, row.atMs);
      this.headAtMs = Math.max(this.headAtMs, row.atMs);
    }
    for (const entry of stored?.entries ?? []) this.fold(entry);
    if (stored && stored.head > this.head) this.head = stored.head;
  }

  /**
   * Takes in one entry that is durable. Entries may come in any order and more than once. `writer`: the session that wrote
   * it, where that is known not to be the one that uploaded it (DU8).
   */
  fold(entry: StoredEntry, writer: SessionId = entry.session): void {
    const read = validateUpdate(entry.update, uploadLimits);
    // An entry of an older version may not pass today's validator; compaction quarantines what cannot be applied.
    if (read.ok) {
      const isNews = entry.cursor > this.head;
      const isVoid = isNews && this.overlaps(read.summary, writer, entry.userId);
      if (isVoid) this.#void.set(entry.session, entry.upload);
      this.coverage.add(read.summary);
      for (const { client } of read.summary.structs) {
        // The words of two are mixed there: nobody's word is taken for what they say.
        if (isVoid) this.#writers.delete(client);
        else this.#writers.set(client, writer);
      }
    }
    for (const { client, userId } of entry.owners) this.claims.set(client, userId);
    const known = this.sessions.get(entry.session);
    if (!known || known.cursor < entry.cursor) this.sessions.set(entry.session, entry);
    this.seen(entry.userId, entry.atMs);
    this.tailEntries += 1;
    this.tailBytes += entry.update.length;
    if (entry.cursor > this.head) this.head = entry.cursor;
    this.headAtMs = Math.max(this.headAtMs, entry.atMs);
  }

  /** ID11: whether the session is this user's, or nobody's yet. */
  isFree(session: SessionId, userId: UserId): boolean {
    return (this.sessions.get(session)?.userId ?? this.#negotiated.get(session) ?? userId) === userId;
  }

  /** ID11: the session is this user's from now on; false: it is another's. */
  bind(session: SessionId, userId: UserId): boolean {
    if (!this.isFree(session, userId)) return false;
    this.#negotiated.delete(session);
    this.#negotiated.set(session, userId);
    if (this.#negotiated.size > logLimits.negotiatedMax) {
      this.#negotiated.delete(this.#negotiated.keys().next().value ?? session);
    }
    return true;
  }

  /**
   * DU12: structs of the update lie where a session other than this one has put bytes, or one that is not remembered.
   * Clocks and owners alone cannot tell whether they are the same.
   */
  overlaps({ structs }: UpdateSummary, session: SessionId, author: UserId): boolean {
    return structs.some(
      ({ client, clock, kind }) =>
        kind === "item" &&
        clock < this.coverage.clock(client) &&
        // What another user's id says is known already, whoever repeats it.
        (this.claims.get(client) ?? author) === author &&
        this.#writers.get(client) !== session,
    );
  }

  /** DU12: the session is known to have brought what the log has of the client id. */
  isSaidBy({ client, session }: Neighbour): boolean {
    return this.#writers.get(client) === session;
  }

  /** DU12: its author must compare it with what lies before, and say again what is left. */
  isVoid(session: SessionId, upload: number): boolean {
    return this.#void.get(session) === upload;
  }

  standing(userId: UserId, clientIds: readonly number[], sessionTaken: boolean): Standing {
    const clash = clientIds.filter((client) => (this.claims.get(client) ?? userId) !== userId);
    const { generation, head } = this;
    return { generation, head, snapshot: this.snapshot?.ref ?? null, clash, sessionTaken };
  }

  seen(userId: UserId, atMs: number): void {
    if (atMs > this.lastSeen(userId)) this.#lastSeen.set(userId, atMs);
  }

  /** When the user uploaded or negotiated last, as far as is remembered here; 0: never. */
  lastSeen(userId: UserId): number {
    return this.#lastSeen.get(userId) ?? 0;
  }

  /** DU8. */
  isSilent(userId: UserId, nowMs: number): boolean {
    const seenAtMs = this.lastSeen(userId);
    // The clock was set back: silence counts from now on, and not from when the clock comes by again.
    if (seenAtMs > nowMs) this.#lastSeen.set(userId, nowMs);
    return nowMs - seenAtMs > logLimits.silentMs;
  }

  /** SY2: what of each live session lies at or before a cursor, given the entries that lead to it. */
  sessionsUpTo(cursor: Cursor, entries: readonly StoredEntry[], nowMs: number): StoredSession[] {
    const found = new Map<SessionId, StoredSession>();
    const add = (row: SessionRow | StoredEntry) => {
      const fresh = nowMs - row.atMs < logLimits.sessionLiveMs;
      if (fresh && row.cursor <= cursor) found.set(row.session, { session: row.session, seq: row.seqTo });
    };
    for (const entry of entries) add(entry);
    for (const row of this.sessions.values()) add(row);
    return [...found.values()];
  }
}

function coverageOf(snapshot: SnapshotInfo | null): Coverage {
  if (!snapshot) return Coverage.empty();
  const read = Coverage.decode(snapshot.coverage);
  if (!read.ok)
    throw new StoreError(
      "corrupt",
      `The snapshot's coverage cannot be read (${read.problem}). Restore the document from a backup.`,
    );
  return read.value;
}

export function ownersIn(claims: ReadonlyMap<number, UserId>, clients: Iterable<number>): Claim[] {
  const owners: Claim[] = [];
  for (const client of clients) {
    const userId = claims.get(client);
    if (userId !== undefined) owners.push({ client, userId });
  }
  return owners;
}
