import type { Cursor } from "y-webpubsub/core";
import {
  type EntriesAfter,
  type PageBounds,
  type StoredDocument,
  type StoredEntry,
  StoreError,
} from "../core/document-store.ts";
import type { DocumentHead } from "./document-head.ts";
import { allOf, entriesFrom, generationOf, isCursorOf, positionOf, recordKey } from "./keys.ts";
import { claimRecord, entryRecord, type RecordCodec, sessionRecord, snapshotRecord } from "./records.ts";
import type { Table, TableRecord } from "./table.ts";

/** DU10: one consistent cut, or a `StoreError` "corrupt" when anything of it is missing or damaged. */
export async function readDocument(table: Table, of: DocumentHead): Promise<StoredDocument | null> {
  const kinds = ["head", "entry", "claim", "session", "snapshot"] as const;
  const cut = await table.read(kinds.map((kind) => allOf(kind, of.key)));
  const [heads = [], entryRecords = [], claims = [], sessions = [], snapshots = []] = cut;
  const stored = heads[0];
  if (!stored) {
    if (cut.some((records) => records.length > 0)) throw lost("head");
    return null;
  }
  const head = of.decode(stored.value);
  const entries = decodeAll(entryRecord, entryRecords);
  assertUnbroken(head.foldedTo, entries);
  if ((entries.at(-1)?.cursor ?? head.foldedTo) !== of.cursor(head)) throw lost("log entry");
  const ref = of.ref(head);
  const described = ref && snapshots.find(({ key }) => key === recordKey("snapshot", of.key, ref));
  if (ref && !described) throw lost("snapshot");
  return {
    generation: head.generation,
    head: of.cursor(head),
    snapshot: described ? snapshotRecord.decode(described.key, described.value) : null,
    entries,
    claims: decodeAll(claimRecord, claims),
    sessions: decodeAll(sessionRecord, sessions),
  };
}

export async function readEntriesAfter(
  table: Table,
  of: DocumentHead,
  after: Cursor,
  bounds: PageBounds,
): Promise<EntriesAfter> {
  if (after !== "" && !isCursorOf(of.key, after)) return { outcome: "gone" };
  const page = { ...entriesFrom(of.key, after), countMax: Math.max(1, bounds.entriesMax), bytesMax: bounds.bytesMax };
  const [heads = [], records = []] = await table.read([allOf("head", of.key), page]);
  if (heads.length === 0 && records.length > 0) throw lost("head");
  const stored = of.decode(heads[0]?.value ?? null);
  const head = of.cursor(stored);
  if (after !== "" && generationOf(after) !== stored.generation) return { outcome: "gone" };
  if (after > head || after < stored.foldedTo) return { outcome: "gone" };
  const entries = withinBytes(decodeAll(entryRecord, records), bounds.bytesMax);
  assertUnbroken(after, entries);
  const last = entries.at(-1)?.cursor ?? after;
  if (entries.length === 0 && last !== head) throw lost("log entry");
  return { outcome: "entries", generation: stored.generation, head, entries, more: last !== head };
}

function decodeAll<T>(codec: RecordCodec<never, T>, records: readonly TableRecord[]): T[] {
  return records.map(({ key, value }) => codec.decode(key, value));
}

/** At least one. */
function withinBytes(entries: readonly StoredEntry[], bytesMax: number): readonly StoredEntry[] {
  let bytes = 0;
  const tooMany = entries.findIndex(({ update }, index) => {
    bytes += update.length;
    return index > 0 && bytes > bytesMax;
  });
  return tooMany === -1 ? entries : entries.slice(0, tooMany);
}

/** Positions count up by one and only a whole beginning of the log is ever removed. */
function assertUnbroken(after: Cursor, entries: readonly StoredEntry[]): void {
  let position = positionOf(after);
  for (const { cursor } of entries) {
    position += 1;
    if (positionOf(cursor) !== position) throw lost("log entry");
  }
}

function lost(name: string): StoreError {
  return new StoreError("corrupt", `A stored ${name} is missing. Restore the document from a backup.`);
}
