import type { Cursor, DocumentId, UserId } from "y-webpubsub/core";
import type { NewChunk, Version, VersionId } from "../core/document-history.ts";
import { elapsedMs } from "../core/elapsed.ts";
import type { Counters, FoldedAway, Keeper, Mark, WallClock } from "../core/ports.ts";
import type { HistoricStore } from "./chunks.ts";
import { chunksOf } from "./keep.ts";
import { historyLimits } from "./limits.ts";
import { defaultHistory, type HistoryOptions } from "./options.ts";
import type { Performer } from "./tasks.ts";
import { thin } from "./thin.ts";
import { versionOf } from "./versions.ts";

export interface HistoryPorts {
  readonly store: HistoricStore;
  readonly performer: Performer;
  readonly clock: WallClock;
  readonly counters: Counters;
  /** Default: `defaultHistory`. */
  readonly options?: HistoryOptions;
  /** Something of history was not written; the document itself is whole. */
  readonly failed: (document: DocumentId, what: string, error: unknown) => void;
}

/** Keeps what was: chunks of the folded log, and the versions that point into them. */
export class History implements Keeper {
  readonly #ports: HistoryPorts;
  readonly #options: HistoryOptions;
  /** When the state of a document was last marked, as far as this server knows. Least recently used first. */
  readonly #markedAtMs: Map<DocumentId, number> = new Map();
  readonly #thinnedAtMs: Map<DocumentId, number> = new Map();
  #work: Promise<void> = Promise.resolve();

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
    this.#options = ports.options ?? defaultHistory;
  }

  /** Resolves when everything that was begun is done. */
  async close(): Promise<void> {
    await this.#work;
  }

  async keep(away: FoldedAway): Promise<readonly NewChunk[]> {
    const chain = await this.#ports.store.chunks(away.document, "" as Cursor, historyLimits.chunkPageMax);
    return chunksOf(away, chain, this.#options);
  }

  /** HI6: what became old is merged, once an hour. */
  kept(document: DocumentId): void {
    const now = this.#ports.clock.now();
    if (elapsedMs(this.#thinnedAtMs.get(document) ?? Number.NEGATIVE_INFINITY, now) < historyLimits.thinEveryMs) return;
    remember(this.#thinnedAtMs, document, now);
    this.#later(document, "thin", () => thin(this.#ports, document, this.#options));
  }

  /** HI3: an upload was stored; the state before it is worth a version after a pause, and every hour. */
  appended(document: DocumentId, mark: Mark, atMs: number): void {
    if (mark.cursor === "") {
      remember(this.#markedAtMs, document, atMs);
      return;
    }
    const since = this.#markedAtMs.get(document) ?? mark.atMs;
    const isDue =
      elapsedMs(mark.atMs, atMs) >= this.#options.pauseMs || elapsedMs(since, atMs) >= this.#options.everyMs;
    remember(this.#markedAtMs, document, isDue ? atMs : since);
    if (!isDue) return;
    const version = versionOf({ ...mark, atMs: mark.atMs === 0 ? atMs : mark.atMs, kind: "automatic" });
    this.#later(document, "version", async () => {
      await this.#ports.store.putVersion(document, version);
      this.#ports.counters.count("versions-automatic");
    });
  }

  /** Null: the generation is another by now. */
  async create(document: DocumentId, version: Omit<Version, "id">): Promise<Version | null> {
    const made = versionOf(version);
    const outcome = await this.#ports.store.putVersion(document, made);
    this.#ports.counters.count(`versions-${made.kind}`);
    return outcome === "stored" ? made : null;
  }

  /** Null: there is none. */
  async find(document: DocumentId, id: VersionId): Promise<Version | null> {
    // The first before the least id that sorts after it.
    const [found] = await this.#ports.store.versions(document, `${id}-` as VersionId, 1);
    return found?.id === id ? found : null;
  }

  list(document: DocumentId, before: VersionId | null, max: number): Promise<readonly Version[]> {
    return this.#ports.store.versions(document, before, Math.min(max, historyLimits.pageMax));
  }

  /** A version with a name is kept whatever becomes old. Null: there is none. */
  async rename(document: DocumentId, id: VersionId, label: string, userId: UserId | null): Promise<Version | null> {
    const found = await this.find(document, id);
    if (found === null) return null;
    const kind = found.kind === "automatic" ? "named" : found.kind;
    const renamed: Version = { ...found, kind, label, userId: found.userId ?? userId };
    const outcome = await this.#ports.store.putVersion(document, renamed);
    return outcome === "stored" ? renamed : null;
  }

  remove(document: DocumentId, id: VersionId): Promise<boolean> {
    return this.#ports.store.removeVersion(document, id);
  }

  #later(document: DocumentId, what: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#ports.counters.count(`history-${what}-failed`);
      this.#ports.failed(document, what, error);
    });
  }
}

const rememberedMax = 1_000;

function remember(map: Map<DocumentId, number>, document: DocumentId, atMs: number): void {
  map.delete(document);
  map.set(document, atMs);
  if (map.size > rememberedMax) map.delete(map.keys().next().value ?? document);
}
