import { createHash } from "node:crypto";
import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { DocumentStore, NewSnapshot, StoredDocument, StoredEntry } from "y-webpubsub-server/core";
import { readElement } from "./element.ts";

/** What a document holds: the names in its snapshot, then those of the entries after it. */
export interface Contents {
  readonly names: readonly string[];
  /** Records that are not what somebody wrote. */
  readonly damaged: readonly string[];
}

export async function readContents(store: DocumentStore, document: DocumentId): Promise<Contents> {
  const stored = await store.load(document);
  if (stored === null) return { names: [], damaged: [] };
  const names = [...(await namesInSnapshot(store, document, stored))];
  const damaged: string[] = [];
  for (const { update } of stored.entries) {
    const element = readElement(update);
    if (element.ok) names.push(element.name);
    else damaged.push(element.problem);
  }
  return { names, damaged };
}

/** How a compaction removes: exactly what it folded, or, as a control, all that lies there by then. */
export type Removal = "exact" | "all-by-then";

/** Folds the first `share` of the log, as a server's compaction would: a snapshot here is the list of names. */
export async function compactOnce(
  store: DocumentStore,
  document: DocumentId,
  { share, removal }: { readonly share: number; readonly removal: Removal },
): Promise<"installed" | "conflict" | "nothing"> {
  const stored = await store.load(document);
  if (stored === null) return "nothing";
  const entries = stored.entries.slice(0, Math.ceil(stored.entries.length * share));
  if (entries.length === 0) return "nothing";
  let before: readonly string[];
  try {
    before = await namesInSnapshot(store, document, stored);
  } catch (error) {
    if (error instanceof ReplacedError) return "conflict";
    throw error;
  }
  const names = entries.map(({ update }) => {
    const element = readElement(update);
    if (!element.ok) throw new Error(element.problem);
    return element.name;
  });
  const removed = removal === "exact" ? entries : await entriesByThen(store, document);
  const folded = removed.map((entry) => entry.cursor);
  const snapshot = snapshotOf([...before, ...names], folded.at(-1) ?? stored.head, stored);
  return store.compact(document, stored.snapshot?.ref ?? null, snapshot, folded);
}

async function entriesByThen(store: DocumentStore, document: DocumentId): Promise<readonly StoredEntry[]> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return (await store.load(document))?.entries ?? [];
}

/** Another process replaced the snapshot between two looks, and it is not kept any more. */
class ReplacedError extends Error {}

async function namesInSnapshot(
  store: DocumentStore,
  document: DocumentId,
  { snapshot }: StoredDocument,
): Promise<readonly string[]> {
  if (snapshot === null) return [];
  const kept = await store.payload(document, snapshot.ref);
  if (kept === null) throw new ReplacedError("The snapshot is gone.");
  const text = Buffer.from(kept.payload).toString();
  return text === "" ? [] : text.split("\n");
}

function snapshotOf(names: readonly string[], cursor: Cursor, stored: StoredDocument): NewSnapshot {
  const payload = Uint8Array.from(Buffer.from(names.join("\n")));
  const hash = Uint8Array.from(createHash("sha256").update(payload).digest());
  const { claims, sessions } = stored;
  return { cursor, hash, coverage: new Uint8Array([0]), claims, sessions, payload };
}
