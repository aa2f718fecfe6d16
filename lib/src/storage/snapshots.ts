import type { Cursor, SnapshotRef } from "y-webpubsub/core";
import type { NewChunk } from "../core/document-history.ts";
import type { NewSnapshot } from "../core/document-store.ts";
import { chunkBytes, putChunk } from "./chunks.ts";
import type { DocumentHead } from "./document-head.ts";
import { allOf, claimKey, recordKey } from "./keys.ts";
import { storeLimits } from "./limits.ts";
import { bytesRecord, type HeadRecord, type ReplacedSnapshot, sessionRecord, snapshotRecord } from "./records.ts";
import type { Draft, Operation } from "./writer.ts";

/** The snapshots that may be asked for: the current one and those replaced a short while ago. */
export function readableRefs(of: DocumentHead, head: HeadRecord, nowMs: number): readonly SnapshotRef[] {
  const current = of.ref(head);
  const replaced = fresh(head.replaced, nowMs).map(({ number }) => of.refAt(head, number));
  return current === null ? replaced : [current, ...replaced];
}

/** What the first half of a compaction wrote. */
export interface WrittenSnapshot {
  readonly number: number;
  readonly ref: SnapshotRef;
}

/** First half of a compaction: writes the payload beside what is there. Null when `base` is not the snapshot any more. */
export function writeSnapshotOperation(
  of: DocumentHead,
  base: SnapshotRef | null,
  snapshot: NewSnapshot,
): Operation<WrittenSnapshot | null> {
  const { payload, ...description } = snapshot;
  return {
    keys: [of.recordKey],
    bytes: payload.length + snapshot.coverage.length + 64 * (snapshot.claims.length + snapshot.sessions.length),
    decide(draft) {
      const head = of.of(draft);
      if (of.ref(head) !== base) return null;
      const number = head.snapshotsMade + 1;
      const ref = of.refAt(head, number);
      const infoKey = recordKey("snapshot", of.key, ref);
      const payloadKey = recordKey("payload", of.key, ref);
      draft.put(infoKey, snapshotRecord.encode(infoKey, { ...description, ref, payloadBytes: payload.length }));
      draft.put(payloadKey, bytesRecord.encode(payloadKey, payload));
      of.put(draft, { ...head, snapshotsMade: number });
      return { number, ref };
    },
  };
}

export interface Installation {
  readonly base: SnapshotRef | null;
  /** What the first half wrote, read back since. */
  readonly written: WrittenSnapshot;
  readonly snapshot: Omit<NewSnapshot, "payload">;
  readonly folded: readonly Cursor[];
  readonly history: readonly NewChunk[];
  /** Client ids whose claims go. */
  readonly forgotten: readonly number[];
  readonly nowMs: number;
}

/**
 * DU11, second half: makes it the current snapshot, removes exactly the folded entries, the session rows that went with
 * them and what nobody may ask for any more. A conflict when another snapshot was installed meanwhile, and when the
 * snapshot would hide an entry that was not folded.
 */
export function installOperation(of: DocumentHead, what: Installation): Operation<"installed" | "conflict"> {
  return {
    keys: [of.recordKey],
    bytes: 128 * what.folded.length + chunkBytes(what.history),
    async decide(draft) {
      const head = of.of(draft);
      if (of.ref(head) !== what.base || !(await isWholeLogUpTo(draft, of, what))) return "conflict";
      for (const cursor of what.folded) draft.remove(recordKey("entry", of.key, cursor));
      for (const chunk of what.history) putChunk(draft, of, chunk);
      for (const client of what.forgotten) draft.remove(claimKey(of.key, client));
      const replaced = fresh(head.replaced, what.nowMs);
      if (head.snapshot !== 0) replaced.push({ number: head.snapshot, atMs: what.nowMs });
      const next = { ...head, snapshot: what.written.number, foldedTo: what.snapshot.cursor, replaced };
      of.put(draft, next);
      await pruneSessions(draft, of, what.snapshot);
      await pruneSnapshots(draft, of, readableRefs(of, next, what.nowMs));
      return "installed";
    },
  };
}

/** Takes back the first half. Not called when a half failed: what is left then is removed by the next installation. */
export function discardOperation(of: DocumentHead, ref: SnapshotRef): Operation<void> {
  return {
    keys: [of.recordKey],
    bytes: 128,
    decide(draft) {
      draft.remove(recordKey("snapshot", of.key, ref));
      draft.remove(recordKey("payload", of.key, ref));
    },
  };
}

async function isWholeLogUpTo(draft: Draft, of: DocumentHead, { folded, snapshot }: Installation): Promise<boolean> {
  const { from } = allOf("entry", of.key);
  const last = recordKey("entry", of.key, snapshot.cursor);
  const covered = await draft.read({ from, to: `${last} ` });
  const keys = new Set(folded.map((cursor) => recordKey("entry", of.key, cursor)));
  return covered.length === keys.size && covered.every(({ key }) => keys.has(key));
}

async function pruneSessions(draft: Draft, of: DocumentHead, snapshot: Omit<NewSnapshot, "payload">): Promise<void> {
  const kept = new Set<string>(snapshot.sessions.map(({ session }) => session));
  for (const { key, value } of await draft.read(allOf("session", of.key))) {
    const row = sessionRecord.decode(key, value);
    if (!kept.has(row.session) && row.cursor <= snapshot.cursor) draft.remove(key);
  }
}

/** Also removes what an earlier compaction left when its process ended between the halves. */
async function pruneSnapshots(draft: Draft, of: DocumentHead, readable: readonly SnapshotRef[]): Promise<void> {
  const kept = new Set<string>(readable.map((ref) => recordKey("snapshot", of.key, ref)));
  for (const { key } of await draft.read(allOf("snapshot", of.key))) {
    if (kept.has(key)) continue;
    draft.remove(key);
    draft.remove(recordKey("payload", of.key, key.slice(recordKey("snapshot", of.key).length)));
  }
}

/** Those of a clock that was set back since would pile up: no more are kept than a busy document makes in that time. */
function fresh(replaced: readonly ReplacedSnapshot[], nowMs: number): ReplacedSnapshot[] {
  const young = replaced.filter(({ atMs }) => nowMs - atMs < storeLimits.replacedSnapshotMs);
  return young.slice(-storeLimits.replacedSnapshotsMax);
}
