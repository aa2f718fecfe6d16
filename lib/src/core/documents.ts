import type { DocumentId } from "y-webpubsub/core";
import { type CompactionPorts, compact, isDue } from "./compaction.ts";
import { DocumentLog, type LogPorts } from "./document-log.ts";
import type { StoredEntry } from "./document-store.ts";
import { elapsedMs } from "./elapsed.ts";
import { FoldedAway } from "./folded-away.ts";
import { compactionLimits, logLimits } from "./limits.ts";

export interface DocumentsPorts extends LogPorts, CompactionPorts {
  /** DU9: entries that compaction put aside; the room is to be told. */
  readonly rejected: (document: DocumentId, generation: number, entries: readonly StoredEntry[]) => void;
  /** A compaction failed; the log is whole, and the next upload tries again. */
  readonly compactionFailed: (document: DocumentId, error: unknown) => void;
}

interface Known {
  readonly log: DocumentLog;
  usedAtMs: number;
  appendedAtMs: number;
  compactedAtMs: number;
  timer: (() => void) | null;
}

/** The documents one server holds in memory (clocks, and what was folded lately), and when each is compacted. */
export class Documents {
  readonly #ports: DocumentsPorts;
  /** In order of use: the first is the least recently used. */
  readonly #known: Map<DocumentId, Known> = new Map();
  #compacting: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(ports: DocumentsPorts) {
    this.#ports = { foldedAway: new FoldedAway(), ...ports };
  }

  get size(): number {
    return this.#known.size;
  }

  log(document: DocumentId): DocumentLog {
    return this.#touch(document).log;
  }

  /** To be called after each append. Compaction follows by itself when it is due (DU11). */
  appended(document: DocumentId): void {
    const known = this.#touch(document);
    known.appendedAtMs = this.#ports.clock.now();
    if (known.timer === null) this.#watch(document, known, compactionLimits.quietMs);
  }

  /** Compacts now, whatever is due. One at a time over all documents. */
  async compact(document: DocumentId): Promise<void> {
    const known = this.#touch(document);
    const work = this.#compacting.then(() => this.#compactNow(document, known));
    this.#compacting = work;
    return work;
  }

  /** Stops the timers and waits for the compaction under way. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const known of this.#known.values()) known.timer?.();
    this.#known.clear();
    await this.#compacting;
  }

  #watch(document: DocumentId, known: Known, delayMs: number): void {
    if (this.#closed) return;
    known.timer = this.#ports.clock.after(delayMs, () => {
      known.timer = null;
      void this.#look(document, known);
    });
  }

  async #look(document: DocumentId, known: Known): Promise<void> {
    const now = this.#ports.clock.now();
    const quiet = elapsedMs(known.appendedAtMs, now) >= compactionLimits.quietMs;
    const tail = await known.log.tail().catch(() => null);
    if (tail === null || this.#closed) return;
    const soon = elapsedMs(known.compactedAtMs, now) < compactionLimits.everyMs;
    if (!soon && isDue(tail, quiet)) await this.compact(document);
    else if (!quiet || (soon && isDue(tail, true))) this.#watch(document, known, compactionLimits.quietMs);
  }

  async #compactNow(document: DocumentId, known: Known): Promise<void> {
    if (this.#closed) return;
    known.compactedAtMs = this.#ports.clock.now();
    try {
      const done = await compact(document, known.log, this.#ports);
      if (done.outcome !== "installed" || done.rejected.length === 0) return;
      this.#ports.rejected(document, done.generation, done.rejected);
    } catch (error) {
      this.#ports.counters.count("compactions-failed");
      this.#ports.compactionFailed(document, error);
    }
  }

  #touch(document: DocumentId): Known {
    const known = this.#known.get(document) ?? {
      log: new DocumentLog(document, this.#ports),
      usedAtMs: 0,
      appendedAtMs: 0,
      compactedAtMs: Number.NEGATIVE_INFINITY,
      timer: null,
    };
    known.usedAtMs = this.#ports.clock.now();
    this.#known.delete(document);
    this.#known.set(document, known);
    this.#evict();
    return known;
  }

  /** Those that nobody asked for in a while are forgotten, and more when there are too many. */
  #evict(): void {
    const longAgo = this.#ports.clock.now() - logLimits.documentIdleMs;
    for (const [document, known] of this.#known) {
      if (known.usedAtMs > longAgo && this.#known.size <= logLimits.documentsMax) return;
      if (known.timer === null && !known.log.busy) this.#known.delete(document);
    }
  }
}
