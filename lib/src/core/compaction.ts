import { bytesEqual, Coverage, type Cursor, type DocumentId, sha256 } from "y-webpubsub/core";
import type { DocumentLog } from "./document-log.ts";
import type { DocumentState } from "./document-state.ts";
import type { DocumentStore, IdleClaim, SessionRow, StoredDocument, StoredEntry } from "./document-store.ts";
import type { FoldedAway } from "./folded-away.ts";
import { compactionLimits, logLimits } from "./limits.ts";
import type { Counters, Folded, Folder, Keeper, WallClock } from "./ports.ts";

export interface CompactionPorts {
  readonly store: DocumentStore;
  readonly folder: Folder;
  readonly clock: WallClock;
  readonly counters: Counters;
  /** Default: what is folded away is gone. */
  readonly keeper?: Keeper;
  /** Default: nobody can read any more what is folded away. */
  readonly foldedAway?: FoldedAway;
}

export type Compacted =
  | {
      readonly outcome: "installed";
      readonly generation: number;
      readonly folded: number;
      readonly rejected: readonly StoredEntry[];
    }
  /** Another server was first; its work stands. */
  | { readonly outcome: "conflict" }
  | { readonly outcome: "nothing-to-do" };

/** DU11: whether the log after the snapshot is long enough to be folded. `quiet`: nothing was appended for a while. */
export function isDue(
  tail: { readonly bytes: number; readonly entries: number; readonly snapshotBytes: number },
  quiet: boolean,
): boolean {
  const factor = quiet ? 1 : compactionLimits.urgentFactor;
  const bytesMax = Math.max(compactionLimits.tailBytes, compactionLimits.tailShare * tail.snapshotBytes);
  return tail.bytes > factor * bytesMax || tail.entries > factor * compactionLimits.tailEntries;
}

/**
 * DU11: folds what the log holds now into a new snapshot and installs it. Entries that cannot be applied are quarantined
 * and answered, for the caller to publish their rejection (DU9); entries that wait for something stay in the log.
 * Throws when the store or the folder cannot; the log is unchanged then.
 */
export async function compact(document: DocumentId, log: DocumentLog, ports: CompactionPorts): Promise<Compacted> {
  const { store, folder, clock, counters, keeper, foldedAway } = ports;
  const stored = await store.load(document);
  if (!stored || stored.entries.length === 0) return { outcome: "nothing-to-do" };
  const base = stored.snapshot ? await store.payload(document, stored.snapshot.ref) : null;
  if (stored.snapshot && !base) return { outcome: "conflict" };
  const { entries, folded } = await foldReady(folder, base?.payload ?? null, stored.entries);
  if (entries.length === 0) return { outcome: "nothing-to-do" };
  const rejected = folded.bad.flatMap((index) => entries[index] ?? []);
  const removed = entries.map((entry) => entry.cursor);
  const cursor = removed.at(-1) ?? stored.head;
  await verify(stored, folded, folder);
  for (const { cursor, session, upload, hash, update } of rejected) {
    await store.quarantine(document, { cursor, reason: "cannot-be-applied", session, upload, hash, update });
    counters.count("entries-quarantined");
  }
  const nowMs = clock.now();
  const idle = idleClaims(stored, folded, await log.state(), nowMs);
  const isOver = ({ sinceMs }: IdleClaim): boolean => nowMs - sinceMs >= logLimits.sessionRowMs;
  const forgotten = new Set(idle.filter(isOver).map(({ client }) => client));
  const snapshot = {
    cursor,
    hash: folded.hash,
    coverage: folded.coverage,
    claims: stored.claims.filter(({ client }) => !forgotten.has(client)),
    sessions: sessionsAt(stored, cursor, nowMs),
    idle: idle.filter((claim) => !isOver(claim)),
    payload: folded.payload,
  };
  const kept = entries.filter((entry) => !rejected.includes(entry));
  const history =
    keeper && kept.length > 0
      ? await keeper.keep({
          document,
          generation: stored.generation,
          base: base && { cursor: base.info.cursor, payload: base.payload, atMs: kept[0]?.atMs ?? 0 },
          entries: kept,
          cursor,
          payload: folded.payload,
        })
      : [];
  const installed = await store.compact(document, stored.snapshot?.ref ?? null, snapshot, removed, history, [
    ...forgotten,
  ]);
  log.forget();
  if (installed === "installed") {
    keeper?.kept(document);
    // DU9: what cannot be applied is read by nobody any more.
    const from = stored.snapshot?.cursor ?? ("" as Cursor);
    if (rejected.length === 0) foldedAway?.keep({ document, generation: stored.generation }, from, entries, nowMs);
  }
  counters.count(`compactions-${installed}`);
  return installed === "conflict"
    ? { outcome: "conflict" }
    : { outcome: "installed", generation: stored.generation, folded: removed.length, rejected };
}

interface Ready {
  readonly entries: readonly StoredEntry[];
  readonly folded: Folded;
}

/** Folds the entries before the first that waits for something unknown: a snapshot has nothing open before its cursor. */
async function foldReady(folder: Folder, payload: Uint8Array | null, entries: readonly StoredEntry[]): Promise<Ready> {
  const folded = await folder.fold({ payload, updates: updatesOf(entries) });
  if (folded.waiting.length === 0) return { entries, folded };
  const ready = entries.slice(0, Math.min(...folded.waiting));
  return { entries: ready, folded: await folder.fold({ payload, updates: updatesOf(ready) }) };
}

function updatesOf(entries: readonly StoredEntry[]): Uint8Array[] {
  return entries.map((entry) => entry.update);
}

/** The new snapshot must be readable, be what its hash says, and hold at least the clocks of the one it replaces. */
async function verify(stored: StoredDocument, folded: Folded, folder: Folder): Promise<void> {
  if (!bytesEqual(sha256(folded.payload), folded.hash)) throw new Error("The new snapshot does not match its hash.");
  const again = await folder.fold({ payload: folded.payload, updates: [] });
  if (!bytesEqual(again.digest, folded.digest)) throw new Error("The new snapshot reads back differently.");
  const old = stored.snapshot ? Coverage.decode(stored.snapshot.coverage) : null;
  const now = Coverage.decode(folded.coverage);
  if (!now.ok || (old !== null && !old.ok)) throw new Error("A snapshot's coverage cannot be read.");
  if (old?.ok && old.value.missingFrom(now.value).structs.length > 0)
    throw new Error("The new snapshot holds less than the old one.");
}

/** Rows that lie in the snapshot: a joiner's baseline; sessions of long ago are forgotten. */
function sessionsAt(stored: StoredDocument, cursor: Cursor, nowMs: number): SessionRow[] {
  return stored.sessions.filter((row) => row.cursor <= cursor && nowMs - row.atMs < logLimits.sessionRowMs);
}

/**
 * Client ids that wrote nothing up to the new snapshot and whose user has neither uploaded nor, as far as this server
 * remembers, negotiated for as long as sessions are remembered. The age is kept with the snapshots, because a claim has
 * none: two compactions may follow one another within seconds. A claim that was forgotten is made anew.
 */
function idleClaims(stored: StoredDocument, folded: Folded, state: DocumentState, nowMs: number): readonly IdleClaim[] {
  const coverage = Coverage.decode(folded.coverage);
  if (!coverage.ok) return [];
  const tail = new Set(stored.entries.flatMap(({ owners }) => owners.map(({ client }) => client)));
  const since = new Map(stored.snapshot?.idle?.map(({ client, sinceMs }) => [client, sinceMs]));
  const fresh = stored.sessions.filter(({ atMs }) => nowMs - atMs < logLimits.sessionRowMs);
  const active = new Set(fresh.map(({ userId }) => userId));
  const idle = stored.claims.filter(({ client, userId }) => {
    return !tail.has(client) && !active.has(userId) && coverage.value.clock(client) === 0;
  });
  return idle.map(({ client, userId }) => {
    return { client, sinceMs: Math.max(since.get(client) ?? nowMs, state.lastSeen(userId)) };
  });
}
