import * as idb from "lib0/indexeddb";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import type { CopyIdentity, CopyPlace, LocalCopy, Persistence } from "../persistence.ts";
import { IndexedDbCopy, type OnProblem } from "./copy.ts";
import { Directory, databaseOf } from "./directory.ts";

export interface IndexedDbPersistenceOptions {
  /**
   * Part of the databases' names. Give each user of a shared device an own one, e.g. the user id: copies are shown before
   * the server has said who may read. Default: the empty string.
   */
  readonly scope?: string;
}

/** A copy that is kept for export: of a document that was deleted and made again, or replaced by `reload`. */
export interface Orphan {
  /** Null: it never met the server. */
  readonly identity: CopyIdentity | null;
  /** Yjs V1: everything the copy held. */
  readonly update: Uint8Array;
}

export interface IndexedDbPersistence extends Persistence {
  /** Copies that were set aside, oldest first. Rejects when IndexedDB cannot be used. */
  orphans(place: CopyPlace): Promise<readonly Orphan[]>;
  /**
   * Removes everything this device holds of the document, orphans and unsaved edits included. Copies that are open in
   * this page are closed first; another tab's open copy makes it wait. Rejects when IndexedDB cannot be used.
   */
  clearData(place: CopyPlace): Promise<void>;
}

/** Copies of documents in IndexedDB, through y-indexeddb. One object serves any number of providers. */
export function indexedDbPersistence({ scope = "" }: IndexedDbPersistenceOptions = {}): IndexedDbPersistence {
  const directory = new Directory();
  const open = new Map<string, Set<IndexedDbCopy>>();
  const nameOf = ({ server, document }: CopyPlace): string => JSON.stringify(["y-webpubsub", scope, server, document]);
  return {
    open(place: CopyPlace, doc: Y.Doc, onProblem: OnProblem): LocalCopy {
      const name = nameOf(place);
      const copy = new IndexedDbCopy(name, directory, doc, onProblem);
      open.set(name, (open.get(name) ?? new Set()).add(copy));
      return copy;
    },
    async orphans(place: CopyPlace): Promise<readonly Orphan[]> {
      const { aside } = await directory.read(nameOf(place));
      return Promise.all(
        aside.map(async ({ database, identity }) => ({ identity, update: await contentOf(database) })),
      );
    },
    async clearData(place: CopyPlace): Promise<void> {
      const name = nameOf(place);
      await Promise.all([...(open.get(name) ?? [])].map((copy) => copy.close()));
      open.delete(name);
      const entry = await directory.read(name);
      const databases = [databaseOf(name, entry), ...entry.aside.map(({ database }) => database)];
      await Promise.all(databases.map((database) => idb.deleteDB(database)));
      await directory.remove(name);
    },
  };
}

async function contentOf(database: string): Promise<Uint8Array> {
  const doc = new Y.Doc();
  const store = new IndexeddbPersistence(database, doc);
  await store.whenSynced;
  await store.destroy();
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}
