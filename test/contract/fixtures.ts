import { expect } from "vitest";
import { type Claim, type Cursor, type DocumentId, type SessionId, sha256, type UserId } from "y-webpubsub/core";
import type {
  Appended,
  DocumentStore,
  EntriesAfter,
  NewEntry,
  NewSnapshot,
  SessionRow,
  StoredEntry,
  StoreProblem,
} from "y-webpubsub-server/core";
import { StoreError } from "y-webpubsub-server/core";

export const unbounded = { entriesMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };
export const start = "" as Cursor;

export function documentId(name: string): DocumentId {
  return name as DocumentId;
}

/** Without Node's Buffer around it, which test comparisons tell apart. */
export function hashOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(sha256(bytes));
}

/** 16 characters, as sessions are. */
function sessionId(name: string): SessionId {
  return name.padEnd(16, "-") as SessionId;
}

export function claimOf(client: number, user: string): Claim {
  return { client, userId: user as UserId };
}

export function entryOf(session: string, upload: number, text = `${session} ${upload}`): NewEntry {
  const update = new TextEncoder().encode(text);
  const userId = `user of ${session}` as UserId;
  const owners = [{ client: upload, userId }];
  const hash = hashOf(update);
  return {
    session: sessionId(session),
    userId,
    upload,
    seqTo: upload * 10,
    hash,
    owners,
    atMs: 1_000 + upload,
    update,
  };
}

export function snapshotOf(payload: Uint8Array, cursor: Cursor, sessions: readonly SessionRow[] = []): NewSnapshot {
  const coverage = new Uint8Array([1, 2, 3]);
  return { cursor, hash: hashOf(payload), coverage, claims: [claimOf(7, "alice")], sessions, payload };
}

export async function appendOne(store: DocumentStore, document: DocumentId, entry: NewEntry): Promise<Cursor> {
  return storedCursor(await store.append(document, 1, entry));
}

export async function appendMany(store: DocumentStore, document: DocumentId, session: string, count: number) {
  const cursors: Cursor[] = [];
  for (let upload = 1; upload <= count; upload++) {
    cursors.push(await appendOne(store, document, entryOf(session, upload)));
  }
  return cursors;
}

export function storedCursor(appended: Appended): Cursor {
  expect(appended.outcome).toBe("stored");
  return appended.outcome === "stored" ? appended.cursor : start;
}

export function entriesOf(read: EntriesAfter): readonly StoredEntry[] {
  expect(read.outcome).toBe("entries");
  return read.outcome === "entries" ? read.entries : [];
}

export async function readAll(store: DocumentStore, document: DocumentId, after: Cursor = start) {
  return entriesOf(await store.entriesAfter(document, after, unbounded));
}

/** The only way a store may fail. */
export async function expectProblem(work: Promise<unknown>, code: StoreProblem): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code });
}
