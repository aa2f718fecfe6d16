import {
  type Claim,
  Coverage,
  type Cursor,
  type SessionId,
  type StoredSession,
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

/**
 * What one server remembers of a document: clocks, owners and sessions, no content. Folding the entries' own words finds
 * every struct, and fewer deletions than the document has; it decides what is applicable, never what is equal.
 */
export class DocumentState {
  generation = 1;
  head: Cursor = "" as Cursor;
  snapshot: SnapshotInfo | null = null;
  coverage: Coverage = Coverage.empty();
  readonly claims: Map<number, UserId> = new Map();
  readonly sessions: Map<SessionId, SessionRow> = new Map();
  tailEntries = 0;
  tailBytes = 0;
  /** When each user uploaded or negotiated last. */
  readonly #lastSeen: Map<UserId, number> = new Map();

  static of(stored: StoredDocument | null): DocumentState {
    const state = new DocumentState();
    state.replace(stored);
    return state;
  }

  /** Takes the store's word for everything. */
  replace(stored: StoredDocument | null): void {
    this.claims.clear();
    this.sessions.clear();
    this.tailEntries = 0;
    this.tailBytes = 0;
    this.generation = stored?.generation ?? 1;
    this.snapshot = stored?.snapshot ?? null;
    this.coverage = coverageOf(this.snapshot);
    this.head = this.snapshot?.cursor ?? ("" as Cursor);
    for (const { client, userId } of stored?.claims ?? []) this.claims.set(client, userId);
    for (const row of stored?.sessions ?? []) {
      this.sessions.set(row.session, row);
      this.seen(row.userId, row.atMs);
    }
    for (const entry of stored?.entries ?? []) this.fold(entry);
    if (stored && stored.head > this.head) this.head = stored.head;
  }

  /** Takes in one entry that is durable. Entries may come in any order and more than once. */
  fold(entry: StoredEntry): void {
    const read = validateUpdate(entry.update, uploadLimits);
    // An entry of an older version may not pass today's validator; compaction quarantines what cannot be applied.
    if (read.ok) this.coverage.add(read.summary);
    for (const { client, userId } of entry.owners) this.claims.set(client, userId);
    const known = this.sessions.get(entry.session);
    if (!known || known.cursor < entry.cursor) this.sessions.set(entry.session, entry);
    this.seen(entry.userId, entry.atMs);
    this.tailEntries += 1;
    this.tailBytes += entry.update.length;
    if (entry.cursor > this.head) this.head = entry.cursor;
  }

  seen(userId: UserId, atMs: number): void {
    if (atMs > (this.#lastSeen.get(userId) ?? 0)) this.#lastSeen.set(userId, atMs);
  }

  /** DU8. */
  isSilent(userId: UserId, nowMs: number): boolean {
    return nowMs - (this.#lastSeen.get(userId) ?? 0) > logLimits.silentMs;
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
