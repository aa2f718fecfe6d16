import { bytesEqual, type Claim, type Cursor, type DocumentId, type SnapshotRef, sha256 } from "y-webpubsub/core";
import type {
  ChunkInfo,
  ChunkRef,
  DocumentBackup,
  DocumentInfo,
  HistoryStore,
  NewChunk,
  Version,
  VersionId,
} from "../core/document-history.ts";
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
  StoreError,
} from "../core/document-store.ts";
import { appendOperation, claimOperation } from "./append.ts";
import { readChunk, readChunks, replaceChunksOperation } from "./chunks.ts";
import { DocumentHead } from "./document-head.ts";
import { allOf, recordKey, secretKey, settingKey } from "./keys.ts";
import { readDocuments } from "./list-documents.ts";
import { quarantineOperation } from "./quarantine.ts";
import { readDocument, readEntriesAfter } from "./read-document.ts";
import { bytesRecord, quarantineRecord, snapshotRecord } from "./records.ts";
import { importOperation, type Reset, resetOperation } from "./reset.ts";
import { discardOperation, installOperation, readableRefs, writeSnapshotOperation } from "./snapshots.ts";
import type { Table } from "./table.ts";
import { putVersionOperation, readVersions, removeVersionOperation } from "./versions.ts";
import type { Operation, OperationWriter } from "./writer.ts";

export interface RecordStoreOptions {
  readonly shared: boolean;
  /** Wall clock, milliseconds: how long replaced snapshots stay. */
  readonly now: () => number;
}

/** `done`: when it is so. */
interface Phase {
  readonly phase: "closed" | "open";
  readonly done: Promise<void>;
}

/**
 * A document store over a sorted table that one process writes. Whoever extends it says where the bytes go; the rules
 * (idempotence by session row, cursors, compare-and-swap, first wins) are the same for all.
 */
export class RecordStore implements DocumentStore, HistoryStore {
  readonly shared: boolean;
  readonly #table: Table;
  readonly #now: () => number;
  readonly #writer: OperationWriter;
  readonly #running: Set<Promise<unknown>> = new Set();
  #phase: Phase = { phase: "closed", done: Promise.resolve() };

  constructor(table: Table, writer: OperationWriter, options: RecordStoreOptions) {
    this.#table = table;
    this.#now = options.now;
    this.#writer = writer;
    this.shared = options.shared;
  }

  async open(): Promise<void> {
    if (this.#phase.phase === "closed") {
      const opening: Phase = { phase: "open", done: this.#phase.done.then(() => this.#table.open()) };
      this.#phase = opening;
      opening.done.catch(() => {
        if (this.#phase === opening) this.#phase = { phase: "closed", done: Promise.resolve() };
      });
    }
    await this.#phase.done;
  }

  async close(): Promise<void> {
    if (this.#phase.phase === "open") this.#phase = { phase: "closed", done: this.#finish(this.#phase.done) };
    await this.#phase.done;
  }

  async #finish(opened: Promise<void>): Promise<void> {
    const [opening] = await Promise.allSettled([opened]);
    // Whoever opened it was told why; there is nothing to close.
    if (opening.status === "rejected") return;
    await Promise.allSettled(this.#running);
    await this.#table.close();
  }

  load(document: DocumentId): Promise<StoredDocument | null> {
    return this.#run(() => readDocument(this.#table, new DocumentHead(document)));
  }

  entriesAfter(document: DocumentId, after: Cursor, bounds: PageBounds): Promise<EntriesAfter> {
    return this.#run(() => readEntriesAfter(this.#table, new DocumentHead(document), after, bounds));
  }

  append(document: DocumentId, generation: number, entry: NewEntry, expectedHead?: Cursor): Promise<Appended> {
    return this.#write(appendOperation(new DocumentHead(document), generation, entry, expectedHead));
  }

  claim(document: DocumentId, claims: readonly Claim[]): Promise<readonly Claim[]> {
    return this.#write(claimOperation(new DocumentHead(document), claims));
  }

  payload(
    document: DocumentId,
    ref: SnapshotRef,
  ): Promise<{ readonly info: SnapshotInfo; readonly payload: Uint8Array } | null> {
    return this.#run(() => this.#readSnapshot(new DocumentHead(document), ref, "readable"));
  }

  compact(
    document: DocumentId,
    base: SnapshotRef | null,
    snapshot: NewSnapshot,
    folded: readonly Cursor[],
    history: readonly NewChunk[] = [],
    forgotten: readonly number[] = [],
  ): Promise<"installed" | "conflict"> {
    const head = new DocumentHead(document);
    return this.#run(async () => {
      const written = await this.#writer.submit(writeSnapshotOperation(head, base, snapshot));
      if (written === null) return "conflict";
      // DU11: nothing of the log is dropped before what replaces it was read back.
      const back = await this.#readSnapshot(head, written.ref, "written");
      const install = installOperation(head, {
        base,
        written,
        snapshot,
        folded,
        history,
        forgotten,
        nowMs: this.#now(),
      });
      if (back && (await this.#writer.submit(install)) === "installed") return "installed";
      await this.#writer.submit(discardOperation(head, written.ref));
      return "conflict";
    });
  }

  quarantine(document: DocumentId, item: QuarantineItem): Promise<void> {
    return this.#write(quarantineOperation(new DocumentHead(document), item));
  }

  quarantined(document: DocumentId): Promise<readonly QuarantineItem[]> {
    return this.#run(async () => {
      const [records = []] = await this.#table.read([allOf("quarantine", new DocumentHead(document).key)]);
      return records.map(({ key, value }) => quarantineRecord.decode(key, value));
    });
  }

  secret(name: string, make: () => Uint8Array): Promise<Uint8Array> {
    const key = secretKey(name);
    return this.#write({
      keys: [key],
      bytes: 1_024,
      decide(draft) {
        const stored = draft.get(key);
        if (stored) return bytesRecord.decode(key, stored);
        const made = make().slice();
        draft.put(key, bytesRecord.encode(key, made));
        return made;
      },
    });
  }

  setting(name: string): Promise<Uint8Array | null> {
    const key = settingKey(name);
    return this.#run(async () => {
      const [stored = null] = await this.#table.getMany([key]);
      return stored && bytesRecord.decode(key, stored);
    });
  }

  changeSetting(name: string, before: Uint8Array | null, value: Uint8Array): Promise<"changed" | "conflict"> {
    const key = settingKey(name);
    return this.#write({
      keys: [key],
      bytes: value.length,
      decide(draft) {
        const stored = draft.get(key);
        const now = stored && bytesRecord.decode(key, stored);
        if (now === null || before === null ? now !== before : !bytesEqual(now, before)) return "conflict";
        draft.put(key, bytesRecord.encode(key, value.slice()));
        return "changed";
      },
    });
  }

  chunks(document: DocumentId, after: Cursor, max: number): Promise<readonly ChunkInfo[]> {
    return this.#run(() => readChunks(this.#table, new DocumentHead(document), after, max));
  }

  chunk(document: DocumentId, ref: ChunkRef): Promise<Uint8Array | null> {
    return this.#run(() => readChunk(this.#table, new DocumentHead(document), ref));
  }

  replaceChunks(
    document: DocumentId,
    generation: number,
    removed: readonly ChunkRef[],
    put: readonly NewChunk[],
  ): Promise<"replaced" | "conflict"> {
    return this.#write(replaceChunksOperation(new DocumentHead(document), generation, removed, put));
  }

  putVersion(document: DocumentId, version: Version): Promise<"stored" | "generation-changed"> {
    return this.#write(putVersionOperation(new DocumentHead(document), version));
  }

  versions(document: DocumentId, before: VersionId | null, max: number): Promise<readonly Version[]> {
    return this.#run(() => readVersions(this.#table, new DocumentHead(document), before, max));
  }

  removeVersion(document: DocumentId, id: VersionId): Promise<boolean> {
    return this.#write(removeVersionOperation(new DocumentHead(document), id));
  }

  documents(after: DocumentId | null, max: number): Promise<readonly DocumentInfo[]> {
    return this.#run(() => readDocuments(this.#table, after, max));
  }

  reset(document: DocumentId, generation: number, content: Omit<NewSnapshot, "cursor"> | null): Promise<Reset> {
    return this.#write(resetOperation(new DocumentHead(document), generation, content));
  }

  importDocument(document: DocumentId, backup: DocumentBackup): Promise<"imported" | "exists"> {
    return this.#write(importOperation(new DocumentHead(document), backup));
  }

  async #readSnapshot(of: DocumentHead, ref: SnapshotRef, wanted: "readable" | "written") {
    const infoKey = recordKey("snapshot", of.key, ref);
    const payloadKey = recordKey("payload", of.key, ref);
    const values = await this.#table.getMany([of.recordKey, infoKey, payloadKey]);
    const [head = null, storedInfo = null, storedPayload = null] = values;
    const current = of.decode(head);
    if (wanted === "readable" && !readableRefs(of, current, this.#now()).includes(ref)) return null;
    if (!storedInfo || !storedPayload) {
      // A replaced snapshot may have been removed between two looks; the current one never is.
      if (of.ref(current) !== ref) return null;
      throw new StoreError("corrupt", "The current snapshot is missing. Restore the document from a backup.");
    }
    const info = snapshotRecord.decode(infoKey, storedInfo);
    const payload = bytesRecord.decode(payloadKey, storedPayload);
    if (bytesEqual(sha256(payload), info.hash)) return { info, payload };
    throw new StoreError("corrupt", "A snapshot is not what its hash says. Restore the document from a backup.");
  }

  #write<T>(operation: Operation<T>): Promise<T> {
    return this.#run(() => this.#writer.submit(operation));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#phase.phase === "closed") {
      throw new StoreError("closed", "The store is not open. Call open() first, and nothing after close().");
    }
    const running = this.#phase.done.then(work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
