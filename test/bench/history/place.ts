import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cursor, type DocumentId, type SessionId, sha256, type UserId } from "y-webpubsub/core";
import { Documents, foldDocument, History, perform, versionOf } from "y-webpubsub-server/core";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { board, type Drawing } from "./board.ts";

/** A server folds by bytes and by entries; this is about what comes of it. */
const foldings = 26;
const startMs = Date.now() - 3_600_000;

export interface Written {
  readonly chunkBytes: number;
  readonly versions: readonly { readonly id: string; readonly cursor: Cursor }[];
}

/** The drawing in a store at a path, folded as often as a server would, with its versions named. */
export async function write(path: string, drawing: Drawing): Promise<Written> {
  const store = new LevelStore({ path });
  await store.open();
  const clock = { now: () => startMs, after: () => () => undefined };
  const counters = { count: () => undefined };
  const history = new History({
    store,
    performer: { perform: async (task) => perform(task) },
    clock,
    counters,
    failed: fail,
  });
  const documents = new Documents({
    ...{ store, clock, counters, keeper: history },
    folder: { fold: async (job) => foldDocument(job) },
    signer: { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    rejected: () => fail(board, "rejected", "an upload of the drawing"),
    compactionFailed: (document, error) => fail(document, "compaction", error),
  });
  const versions: { id: string; cursor: Cursor }[] = [];
  for (const [index, { user, update }] of drawing.uploads.entries()) {
    const cursor = await append(store, user, index, update);
    if (drawing.versions.includes(index + 1)) {
      const label = `Version ${versions.length + 1}`;
      const words = { generation: 1, cursor, kind: "named", label, userId: null, atMs: startMs + index } as const;
      const made = versionOf(words);
      await store.putVersion(board, made);
      versions.push({ id: made.id, cursor });
    }
    if ((index + 1) % Math.ceil(drawing.uploads.length / foldings) === 0) await documents.compact(board);
  }
  await documents.close();
  const chunks = await store.chunks(board, "" as Cursor, 100_000);
  const chunkBytes = chunks.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
  await store.close();
  return { chunkBytes, versions };
}

async function append(store: LevelStore, user: number, index: number, update: Uint8Array): Promise<Cursor> {
  const userId = `user ${user}` as UserId;
  const owners = [{ client: 1_000 + user, userId }];
  const session = `session-of-user-${user % 10}`.slice(0, 16) as SessionId;
  const words = { session, userId, upload: index + 1, seqTo: index + 1, owners, atMs: startMs + index * 100 };
  const stored = await store.append(board, 1, { ...words, hash: sha256(update), update });
  if (stored.outcome !== "stored") throw new Error(`The store said ${stored.outcome}.`);
  return stored.cursor;
}

function fail(_document: DocumentId, what: string, error: unknown): never {
  throw new Error(`${what} failed`, { cause: error });
}

/** A folder for a store, removed by `remove`. */
export async function folder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "y-webpubsub-history-"));
  return { path, remove: () => rm(path, { recursive: true }) };
}
