import { type Cursor, sha256 } from "y-webpubsub/core";
import type { HistoryStore, NewChunk } from "../core/document-history.ts";
import { type DocumentStore, StoreError } from "../core/document-store.ts";
import { decodeEntries, encodeEntries, type KeptEntry } from "./chunk-codec.ts";
import type { HistoryOptions } from "./options.ts";
import { pack, unpack } from "./packing.ts";

/** A store that keeps history as well. */
export type HistoricStore = DocumentStore & HistoryStore;

export function isHistoric(store: DocumentStore): store is HistoricStore {
  return "replaceChunks" in store && "putVersion" in store && "reset" in store;
}

/** Cut where the bounds ask for it, so that a chunk is a piece that anybody can afford to read. */
export function chunked(
  entries: readonly KeptEntry[],
  { chunkBytes, chunkEntries }: HistoryOptions,
): readonly (readonly KeptEntry[])[] {
  const parts: KeptEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = parts.at(-1);
    bytes += entry.update.length;
    if (last === undefined || last.length >= chunkEntries || bytes > chunkBytes) {
      parts.push([entry]);
      bytes = entry.update.length;
    } else last.push(entry);
  }
  return parts;
}

/** At least one entry; `to` may lie after the last, when what lay between was rejected. */
export async function entriesChunk(
  generation: number,
  after: Cursor,
  to: Cursor,
  entries: readonly KeptEntry[],
): Promise<NewChunk> {
  const payload = await pack(encodeEntries(entries));
  const times = entries.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
  const words = { generation, after, to, fromMs, toMs, entries: entries.length };
  return { kind: "entries", ...words, hash: sha256(payload), payload };
}

/** `state`: Yjs V2. */
export async function keyframe(generation: number, at: Cursor, atMs: number, state: Uint8Array): Promise<NewChunk> {
  const payload = await pack(state);
  const words = { generation, after: at, to: at, fromMs: atMs, toMs: atMs, entries: 0 };
  return { kind: "keyframe", ...words, hash: sha256(payload), payload };
}

export async function openEntries(payload: Uint8Array): Promise<readonly KeptEntry[]> {
  const read = decodeEntries(await unpack(payload));
  if (read.ok) return read.value;
  const message = `A part of the history cannot be read (${read.problem}). Restore the document from a backup.`;
  throw new StoreError("corrupt", message);
}

export function openKeyframe(payload: Uint8Array): Promise<Uint8Array> {
  return unpack(payload);
}
