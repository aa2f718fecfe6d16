import { bytesEqual, type Claim, type Cursor, type DocumentId, type SnapshotRef, sha256 } from "y-webpubsub/core";
import {
  type Appended,
  type DocumentStore,
  type EntriesAfter,
  type NewEntry,
  type NewSnapshot,
  type PageBounds,
  type QuarantineItem,
  type SnapshotInfo,
  type StoredDocument,
  type StoredEntry,
  StoreError,
} from "../core/document-store.ts";
import { Compaction } from "./compaction.ts";
import { headCursor, keptRefs, newHead, readHead, snapshotRef, writeHead } from "./heads.ts";
import {
  allOf,
  claimKey,
  cursorAt,
  type DocumentKey,
  documentKey,
  entriesFrom,
  isCursorOf,
  isSnapshotRefOf,
  recordKey,
  secretKey,
  sessionKey,
} from "./keys.ts";
import {
  bytesRecord,
  claimRecord,
  entryRecord,
  headRecord,
  quarantineRecord,
  type RecordCodec,
  sessionRecord,
  sizeOf,
  snapshotRecord,
} from "./records.ts";
import type { Table, TableRecord } from "./table.ts";
import { Writer } from "./writer.ts";

export interface RecordStoreOptions {
  readonly shared: boolean;
  /** Wall clock, milliseconds: how long replaced snapshots stay. */
  readonly now: () => number;
}

/**
 * A document store over a sorted table that one process writes. Whoever extends it says where the bytes go; the rules
 * are here: idempotence by session row, cursors, compare-and-swap, first-wins.
 */
export class RecordStore implements DocumentStore {
  readonly shared: boolean;
  readonly #table: Table;
  readonly #now: () => number;
  readonly #writer: Writer;
  readonly #running: Set<Promise<unknown>> = new Set();
  #state: "closed" | "open" = "closed";

  constructor(table: Table, options: RecordStoreOptions) {
    this.#table = table;
    this.#now = options.now;
    this.#writer = new Writer(table);
    this.shared = options.shared;
  }

  async open(): Promise<void> {
    if (this.#state === "open") return;
    await this.#table.open();
    this.#state = "open";
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    await Promise.allSettled(this.#running);
    await this.#table.close();
  }

  load(document: DocumentId): Promise<StoredDocument | null> {
    const key = documentKey(document);
    return this.#run(async () => {
      const ranges = [
        allOf("head", key),
        allOf("entry", key),
        allOf("claim", key),
        allOf("session", key),
        allOf("snapshot", key),
      ];
      const [heads = [], entries = [], claims = [], sessions = [], snapshots = []] = await this.#table.read(ranges);
      const found = decodeAll(headRecord, heads)[0];
      if (!found) return null;
      const ref = snapshotRef(key, found);
      const current = snapshots.filter((record) => record.key === recordKey("snapshot", key, ref ?? ""));
      const snapshot = decodeAll(snapshotRecord, current)[0] ?? null;
      if (ref !== null && snapshot === null) throw lost("snapshot description");
      return {
        generation: found.generation,
        head: headCursor(key, found),
        snapshot,
        entries: decodeAll(entryRecord, entries),
        claims: decodeAll(claimRecord, claims),
        sessions: decodeAll(sessionRecord, sessions),
      };
    });
  }

  entriesAfter(document: DocumentId, after: Cursor, bounds: PageBounds): Promise<EntriesAfter> {
    const key = documentKey(document);
    return this.#run(async (): Promise<EntriesAfter> => {
      if (after !== "" && !isCursorOf(key, after)) return { outcome: "gone" };
      const page = { ...entriesFrom(key, after), countMax: Math.max(1, bounds.entriesMax), bytesMax: bounds.bytesMax };
      const [heads = [], records = []] = await this.#table.read([allOf("head", key), page]);
      const found = decodeAll(headRecord, heads)[0] ?? newHead(document);
      const head = headCursor(key, found);
      if (after > head || after < found.foldedTo) return { outcome: "gone" };
      const entries = withinBytes(decodeAll(entryRecord, records), bounds.bytesMax);
      const more = entries.length > 0 && entries.at(-1)?.cursor !== head;
      return { outcome: "entries", generation: found.generation, head, entries, more };
    });
  }
}
