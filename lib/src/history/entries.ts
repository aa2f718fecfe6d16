import type { Cursor, DocumentId, UserId } from "y-webpubsub/core";
import type { ChunkInfo } from "../core/document-history.ts";
import type { KeptEntry } from "./chunk-codec.ts";
import { type HistoricStore, openEntries } from "./chunks.ts";
import { keptEntry } from "./keep.ts";
import { historyLimits } from "./limits.ts";

/** Who changed the document, and when. What: ask for the difference to the entry before. */
export interface EntryInfo {
  readonly cursor: Cursor;
  readonly userId: UserId;
  /** Wall clock of the server, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** More than 1: so many uploads were merged since. */
  readonly uploads: number;
  readonly bytes: number;
}

/** Newest first, those before `before` (null: from the newest), at most `max`. */
export async function entriesBefore(
  store: HistoricStore,
  document: DocumentId,
  before: Cursor | null,
  max: number,
): Promise<readonly EntryInfo[]> {
  const stored = await store.load(document);
  if (stored === null) return [];
  const found = newest(stored.entries.map(keptEntry), before, max);
  if (found.length >= max) return found;
  const infos = await store.chunks(document, "" as Cursor, historyLimits.chunkPageMax);
  const chunks = infos.filter((info) => info.kind === "entries" && (before === null || info.after < before));
  for (const info of chunks.reverse()) {
    found.push(...newest(await read(store, document, info), before, max - found.length));
    if (found.length >= max) break;
  }
  return found;
}

async function read(store: HistoricStore, document: DocumentId, { ref }: ChunkInfo): Promise<readonly KeptEntry[]> {
  const payload = await store.chunk(document, ref);
  // Replaced meanwhile: what it held is listed by the next look.
  return payload === null ? [] : openEntries(payload);
}

function newest(entries: readonly KeptEntry[], before: Cursor | null, max: number): EntryInfo[] {
  const earlier = before === null ? entries : entries.filter(({ cursor }) => cursor < before);
  return earlier
    .slice(Math.max(0, earlier.length - max))
    .reverse()
    .map(({ cursor, userId, fromMs, toMs, uploads, update }) => {
      return { cursor, userId, fromMs, toMs, uploads, bytes: update.length };
    });
}
