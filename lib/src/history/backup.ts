import { createHash, type Hash } from "node:crypto";
import { bytesEqual, type Cursor, type DocumentId, sha256, unreachable } from "y-webpubsub/core";
import type { DocumentBackup, NewChunk, Version, VersionId } from "../core/document-history.ts";
import type { NewSnapshot, StoredDocument } from "../core/document-store.ts";
import { foldDocument } from "../core/fold.ts";
import type { Folded, Folder } from "../core/ports.ts";
import { documentKey, isCursorOf } from "../storage/keys.ts";
import { type BackupRecord, decodeRecord, encodeRecord, firstLine, recordHeadBytes } from "./backup-codec.ts";
import type { HistoricStore } from "./chunks.ts";
import { chunksOf } from "./keep.ts";
import { historyLimits } from "./limits.ts";
import { defaultHistory } from "./options.ts";

export class BackupError extends Error {
  readonly code: "document-missing" | "document-exists" | "backup-invalid" | "not-exportable";
  constructor(code: BackupError["code"], message: string) {
    super(message);
    this.name = "BackupError";
    this.code = code;
  }
}

const inline: Folder = { fold: async (job) => foldDocument(job) };

/**
 * One document with its history as one file (docs/history.md, Backups). The store may be in use: what it held when this
 * began is written. Throws a `BackupError`, or a `StoreError` when something cannot be read.
 */
export async function* exportDocument(
  store: HistoricStore,
  document: DocumentId,
  folder: Folder = inline,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stored = await store.load(document);
  if (stored === null) throw new BackupError("document-missing", "There is no such document. List the documents.");
  const hash = createHash("sha256");
  const hashed = (bytes: Uint8Array) => {
    hash.update(bytes);
    return bytes;
  };
  yield hashed(new TextEncoder().encode(firstLine));
  for await (const record of recordsOf(store, document, stored, folder)) yield hashed(encodeRecord(record));
  yield encodeRecord({ kind: "end", hash: digestOf(hash) });
}

async function* recordsOf(
  store: HistoricStore,
  document: DocumentId,
  stored: StoredDocument,
  folder: Folder,
): AsyncGenerator<BackupRecord, void, undefined> {
  const { generation, head, claims, sessions, entries, snapshot } = stored;
  const base = snapshot ? await store.payload(document, snapshot.ref) : null;
  if (snapshot && !base) throw busy();
  yield { kind: "document", document, generation, head };
  yield { kind: "claims", claims };
  yield { kind: "sessions", sessions };
  const infos = await store.chunks(document, "" as Cursor, historyLimits.chunkPageMax);
  for (const { ref, payloadBytes: _, ...words } of infos) {
    const payload = await store.chunk(document, ref);
    if (payload === null) throw busy();
    yield { kind: "chunk", chunk: { ...words, payload } };
  }
  if (base || entries.length > 0) {
    const updates = entries.map(({ update }) => update);
    const folded = await folder.fold({ payload: base?.payload ?? null, updates });
    if (folded.waiting.length > 0) {
      throw new BackupError("not-exportable", "Uploads wait for others that are missing. Export again later.");
    }
    const kept = entries.filter((_, index) => !folded.bad.includes(index));
    const away = { document, generation, entries: kept, cursor: head, payload: folded.payload };
    const replaced = base && { cursor: base.info.cursor, payload: base.payload, atMs: kept[0]?.atMs ?? 0 };
    const chunks = kept.length > 0 ? await chunksOf({ ...away, base: replaced }, infos, defaultHistory) : [];
    for (const chunk of chunks) yield { kind: "chunk", chunk };
    yield { kind: "snapshot", snapshot: snapshotOf(stored, folded) };
  }
  for await (const version of versionsOf(store, document)) yield { kind: "version", version };
}

function snapshotOf({ head, claims, sessions }: StoredDocument, { hash, coverage, payload }: Folded): NewSnapshot {
  return { cursor: head, hash, coverage, payload, claims, sessions };
}

async function* versionsOf(store: HistoricStore, document: DocumentId): AsyncGenerator<Version, void, undefined> {
  let before: VersionId | null = null;
  for (;;) {
    const page: readonly Version[] = await store.versions(document, before, 1_000);
    yield* page;
    before = page.at(-1)?.id ?? null;
    if (before === null) return;
  }
}

/**
 * Puts what `exportDocument` wrote where nothing was ever written, under the name it had. Nothing is put before every
 * byte was read and compared with the file's SHA-256, and the document was opened once. `expected`: any other document
 * is refused.
 */
export async function importDocument(
  store: HistoricStore,
  source: AsyncIterable<Uint8Array>,
  expected?: DocumentId,
): Promise<{ readonly document: DocumentId; readonly generation: number }> {
  const { document, backup } = await readBackup(source);
  if (expected !== undefined && expected !== document) throw invalid("it is of another document");
  const outcome = await store.importDocument(document, backup);
  if (outcome === "imported") return { document, generation: backup.generation };
  throw new BackupError("document-exists", "The document was written already. Delete it first, in an empty store.");
}

/** Everything is in memory afterwards: a document and its history are bounded. */
export async function readBackup(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly document: DocumentId; readonly backup: DocumentBackup }> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  const bytes = Buffer.concat(parts);
  const opening = bytes.subarray(0, firstLine.length).toString("latin1");
  if (opening !== firstLine) throw invalid("it begins differently");
  const found: Found = { chunks: [], versions: [], claims: [], sessions: [], snapshot: null, words: null };
  for (let at = firstLine.length; at < bytes.length; ) {
    if (at + recordHeadBytes > bytes.length) throw invalid("it ends early");
    const end = at + recordHeadBytes + bytes.readUInt32LE(at + 1);
    if (end > bytes.length) throw invalid("it ends early");
    const record = decodeRecord(bytes[at] ?? 0, new Uint8Array(bytes.subarray(at + recordHeadBytes, end)));
    if (record === null) throw invalid("a record cannot be read");
    if (record.kind === "end") {
      if (end !== bytes.length) throw invalid("something follows its end");
      if (!bytesEqual(record.hash, sha256(bytes.subarray(0, at)))) throw invalid("its checksum is another");
      return sound(found);
    }
    take(found, record);
    at = end;
  }
  throw invalid("it ends early");
}

interface Found {
  words: Extract<BackupRecord, { readonly kind: "document" }> | null;
  snapshot: NewSnapshot | null;
  claims: DocumentBackup["claims"];
  sessions: DocumentBackup["sessions"];
  readonly chunks: NewChunk[];
  readonly versions: Version[];
}

function take(found: Found, record: Exclude<BackupRecord, { readonly kind: "end" }>): void {
  switch (record.kind) {
    case "document":
      found.words = record;
      return;
    case "snapshot":
      found.snapshot = record.snapshot;
      return;
    case "claims":
      found.claims = record.claims;
      return;
    case "sessions":
      found.sessions = record.sessions;
      return;
    case "chunk":
      found.chunks.push(record.chunk);
      return;
    case "version":
      found.versions.push(record.version);
      return;
    default:
      throw unreachable(record);
  }
}

/** A backup that was made by another program may have a right checksum and be wrong. */
function sound({ words, snapshot, ...rest }: Found): {
  readonly document: DocumentId;
  readonly backup: DocumentBackup;
} {
  if (words === null) throw invalid("it names no document");
  const document = words.document as DocumentId;
  const { generation, head } = words;
  const isAtHead = snapshot === null ? head === "" : snapshot.cursor === head;
  if (generation < 1 || !isAtHead) throw invalid("its snapshot is not at its head");
  const key = documentKey(document);
  const cursors = [head, ...rest.chunks.flatMap(({ after, to }) => [after, to]), ...rest.versions.map((v) => v.cursor)];
  if (cursors.some((cursor) => cursor !== "" && !isCursorOf(key, cursor))) throw invalid("a cursor is of another kind");
  if (rest.chunks.some(({ hash, payload }) => !bytesEqual(hash, sha256(payload)))) throw invalid("history is damaged");
  if (snapshot !== null) {
    const folded = foldDocument({ payload: snapshot.payload, updates: [] });
    const isSame =
      bytesEqual(snapshot.hash, sha256(snapshot.payload)) && bytesEqual(folded.coverage, snapshot.coverage);
    if (!isSame) throw invalid("the document is not what its description says");
  }
  return { document, backup: { ...rest, generation, head, snapshot } };
}

function digestOf(hash: Hash): Uint8Array {
  return new Uint8Array(hash.digest());
}

function invalid(why: string): BackupError {
  return new BackupError("backup-invalid", `This is no sound backup: ${why}. Take another copy, or export again.`);
}

function busy(): BackupError {
  return new BackupError("not-exportable", "The document was being rewritten. Export it again.");
}
