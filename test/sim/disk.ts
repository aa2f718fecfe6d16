import { Coverage, type Cursor } from "y-webpubsub/core";
import { foldDocument } from "y-webpubsub-server/core";
import { MemoryStore, MemoryTable } from "y-webpubsub-server/storage/memory";
import * as Y from "yjs";
import type { VirtualClock } from "./clock.ts";
import { documentId } from "./names.ts";
import { epochMs } from "./server-process.ts";
import type { Trace } from "./trace.ts";

interface DiskOptions {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly fail: (problem: string) => void;
}

type Crash = "before-write" | "after-write";
type Changes = Parameters<MemoryTable["write"]>[0];

const unbounded = { entriesMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };

/**
 * What is durable, under all servers, and the crashes around each write. After each write the shipped store reads it
 * back, so that the disk knows every upload that was ever durable, and that no compaction loses one.
 */
export class SimDisk {
  /** Every update that was ever durable. */
  readonly durable: Y.Doc = new Y.Doc();
  full = false;
  readonly table: MemoryTable = new MemoryTable();
  readonly #options: DiskOptions;
  readonly #auditor: MemoryStore;
  readonly #uploads: Set<string> = new Set();
  #audited: Cursor = "" as Cursor;
  #snapshot: string | undefined;
  #crash: { readonly when: Crash; readonly then: () => void } | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#auditor = new MemoryStore({ table: this.table, now: () => options.clock.now() + epochMs });
    void this.#auditor.open();
  }

  /** At the next write, before or after it becomes durable, all processes die. */
  crashAtNextWrite(when: Crash, then: () => void): void {
    this.#crash = { when, then };
  }

  heal(): void {
    this.full = false;
    this.#crash = undefined;
  }

  /** Makes one batch durable; false: a crash came between, and nobody learns how it ended. */
  async write(changes: Changes): Promise<boolean> {
    const crash = this.#crash;
    this.#crash = undefined;
    if (crash?.when === "before-write") {
      this.#options.trace.add("disk-crash-before-write", "disk", changes.size);
      crash.then();
      return false;
    }
    await this.table.write(changes);
    await this.#audit();
    if (crash === undefined) return true;
    this.#options.trace.add("disk-crash-after-write", "disk", changes.size);
    crash.then();
    return false;
  }

  holds(key: string): boolean {
    return this.#uploads.has(key);
  }

  coverage(): Coverage {
    return Coverage.fromSnapshot(Y.snapshot(this.durable));
  }

  /** The first of these updates that is not durable, or -1. */
  firstVolatile(updates: readonly Uint8Array[]): number {
    if (updates.length === 0) return -1;
    const snapshot = Y.snapshot(this.durable);
    return updates.findIndex((update) => !Y.snapshotContainsUpdate(snapshot, update));
  }

  async #audit(): Promise<void> {
    const read = await this.#auditor.entriesAfter(documentId, this.#audited, unbounded);
    for (const entry of read.outcome === "entries" ? read.entries : []) {
      this.#audited = entry.cursor;
      this.#keep(uploadKey(entry), entry.update);
    }
    const stored = await this.#auditor.load(documentId);
    if (stored?.snapshot === null || stored?.snapshot.ref === this.#snapshot) return;
    this.#snapshot = stored?.snapshot.ref;
    this.#options.trace.add("compacted", "disk", this.#snapshot ?? "");
    const lost = this.coverage().missingFrom(Coverage.fromSnapshot(Y.snapshot(await this.read())));
    if (lost.structs.length + lost.deletes.length > 0) {
      this.#options.fail(`DU11 a compaction lost ${JSON.stringify(lost)}`);
    }
  }

  /** The document that the disk alone gives back, made by the shipped fold. */
  async read(): Promise<Y.Doc> {
    const stored = await this.#auditor.load(documentId);
    const snapshot = stored?.snapshot ? await this.#auditor.payload(documentId, stored.snapshot.ref) : null;
    const updates = stored?.entries.map((entry) => entry.update) ?? [];
    const folded = foldDocument({ payload: snapshot?.payload ?? null, updates });
    if (folded.bad.length + folded.waiting.length > 0) this.#options.fail("DU3 an upload in the log cannot be applied");
    const doc = new Y.Doc();
    doc.transact(() => Y.applyUpdateV2(doc, folded.payload));
    return doc;
  }

  #keep(key: string, update: Uint8Array): void {
    this.#options.trace.add("durable", key);
    this.#uploads.add(key);
    // Within a local transaction Yjs does not clean up formatting: that would be an edit of nobody.
    this.durable.transact(() => Y.applyUpdate(this.durable, update));
    if (this.durable.store.pendingStructs !== null || this.durable.store.pendingDs !== null) {
      this.#options.fail(`DU3 upload ${key} was stored before it could be applied`);
    }
  }
}

/** Names an upload: what a receipt speaks of. */
export function uploadKey(upload: { session: string; upload: number; hash: Uint8Array }): string {
  return `${upload.session}/${upload.upload}/${Buffer.from(upload.hash.subarray(0, 8)).toString("hex")}`;
}
