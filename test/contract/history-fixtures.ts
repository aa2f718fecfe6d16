import type { Cursor, DocumentId, UserId } from "y-webpubsub/core";
import type { DocumentStore, HistoryStore, NewChunk, Version, VersionId } from "y-webpubsub-server/core";
import { hashOf } from "./fixtures.ts";

export type HistoricStore = DocumentStore & HistoryStore;

/** Every shipped store keeps history. */
export function historic(store: DocumentStore): HistoricStore {
  if ("replaceChunks" in store && "putVersion" in store) return store as HistoricStore;
  throw new Error("The store keeps no history.");
}

export function entriesChunk(after: Cursor, to: Cursor, text: string, generation = 1): NewChunk {
  const payload = new TextEncoder().encode(text);
  const words = { generation, after, to, fromMs: 1_000, toMs: 2_000, entries: 3 };
  return { kind: "entries", ...words, hash: hashOf(payload), payload };
}

export function keyframe(at: Cursor, text: string, generation = 1): NewChunk {
  return { ...entriesChunk(at, at, text, generation), kind: "keyframe", entries: 0 };
}

export function versionOf(id: string, cursor: Cursor, fields: Partial<Version> = {}): Version {
  const words = { generation: 1, cursor, kind: "named", label: id, userId: "ada" as UserId, atMs: 5 } as const;
  return { id: id as VersionId, ...words, ...fields };
}

export async function allDocuments(store: HistoricStore, max: number): Promise<DocumentId[]> {
  const found: DocumentId[] = [];
  for (let after: DocumentId | null = null; ; ) {
    const page: Awaited<ReturnType<HistoricStore["documents"]>> = await store.documents(after, max);
    found.push(...page.map(({ document }) => document));
    after = page.at(-1)?.document ?? null;
    if (after === null) return found;
  }
}
