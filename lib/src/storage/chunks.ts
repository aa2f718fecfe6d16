import { bytesEqual, type Cursor, sha256 } from "y-webpubsub/core";
import type { ChunkInfo, ChunkRef, NewChunk } from "../core/document-history.ts";
import { StoreError } from "../core/document-store.ts";
import type { DocumentHead } from "./document-head.ts";
import { chunkRecord } from "./history-records.ts";
import { allOf, recordKey } from "./keys.ts";
import { bytesRecord } from "./records.ts";
import type { Table } from "./table.ts";
import type { Draft, Operation } from "./writer.ts";

/** Made of what the chunk holds, so that putting it twice is putting it once. Sorts by `to`, entries before keyframes. */
function refOf({ kind, to, hash }: NewChunk): ChunkRef {
  const name = Buffer.from(hash.subarray(0, 9)).toString("base64url");
  return `${to}${kind === "entries" ? "e" : "k"}${name}` as ChunkRef;
}

export function putChunk(draft: Draft, of: DocumentHead, chunk: NewChunk): void {
  const ref = refOf(chunk);
  const { payload, ...description } = chunk;
  const infoKey = recordKey("chunk", of.key, ref);
  const payloadKey = recordKey("chunk-payload", of.key, ref);
  draft.put(infoKey, chunkRecord.encode(infoKey, { ...description, ref, payloadBytes: payload.length }));
  draft.put(payloadKey, bytesRecord.encode(payloadKey, payload));
}

export function chunkBytes(chunks: readonly NewChunk[]): number {
  return chunks.reduce((sum, { payload }) => sum + payload.length + 256, 0);
}

/** Those of one `to` together: whoever reads on after that cursor would miss the rest. */
export async function readChunks(table: Table, of: DocumentHead, after: Cursor, max: number): Promise<ChunkInfo[]> {
  const { to } = allOf("chunk", of.key);
  // Refs go on after the cursor with a letter; `z` comes after both.
  const [records = []] = await table.read([{ from: `${recordKey("chunk", of.key, after)}${after && "z"}`, to }]);
  const infos = records.map(({ key, value }) => chunkRecord.decode(key, value));
  const last = infos[max - 1];
  return last === undefined ? infos : infos.filter((info, index) => index < max || info.to === last.to);
}

export async function readChunk(table: Table, of: DocumentHead, ref: ChunkRef): Promise<Uint8Array | null> {
  const keys = [recordKey("chunk", of.key, ref), recordKey("chunk-payload", of.key, ref)] as const;
  const [info = null, stored = null] = await table.getMany(keys);
  if (!info || !stored) {
    if (!info && !stored) return null;
    throw new StoreError("corrupt", "A part of the history is missing. Restore the document from a backup.");
  }
  const payload = bytesRecord.decode(keys[1], stored);
  if (bytesEqual(sha256(payload), chunkRecord.decode(keys[0], info).hash)) return payload;
  throw new StoreError("corrupt", "A part of the history is not what its hash says. Restore from a backup.");
}

export function replaceChunksOperation(
  of: DocumentHead,
  generation: number,
  removed: readonly ChunkRef[],
  put: readonly NewChunk[],
): Operation<"replaced" | "conflict"> {
  const infoKeys = removed.map((ref) => recordKey("chunk", of.key, ref));
  return {
    keys: [of.recordKey, ...infoKeys],
    bytes: chunkBytes(put),
    decide(draft) {
      if (of.of(draft).generation !== generation || infoKeys.some((key) => !draft.get(key))) return "conflict";
      for (const ref of removed) removeChunk(draft, of, ref);
      for (const chunk of put) putChunk(draft, of, chunk);
      return "replaced";
    },
  };
}

export async function removeAllChunks(draft: Draft, of: DocumentHead): Promise<void> {
  const prefix = recordKey("chunk", of.key).length;
  for (const { key } of await draft.read(allOf("chunk", of.key))) removeChunk(draft, of, key.slice(prefix) as ChunkRef);
}

function removeChunk(draft: Draft, of: DocumentHead, ref: ChunkRef): void {
  draft.remove(recordKey("chunk", of.key, ref));
  draft.remove(recordKey("chunk-payload", of.key, ref));
}
