import * as idb from "lib0/indexeddb";
import type { CopyIdentity } from "../persistence.ts";

/** A copy that is loaded no more. */
export interface SetAside {
  /** Of its database, as y-indexeddb opens it. */
  readonly database: string;
  readonly identity: CopyIdentity | null;
}

/** What is known of one document's copies. */
export interface DirectoryEntry {
  /** How many copies were set aside: part of the name of the current one's database. */
  readonly life: number;
  readonly identity: CopyIdentity | null;
  readonly aside: readonly SetAside[];
}

const databaseName = "y-webpubsub";
const storeName = "copies";
const nothing: DirectoryEntry = { life: 0, identity: null, aside: [] };

/** One small database that says which database holds which copy. Every method rejects when IndexedDB cannot be used. */
export class Directory {
  async read(name: string): Promise<DirectoryEntry> {
    return this.#with("readonly", async (store) => entryOf(await idb.get(store, name)));
  }

  /** Two tabs may change it at once: each change is one transaction. Answers what is stored then. */
  async change(name: string, change: (entry: DirectoryEntry) => DirectoryEntry): Promise<DirectoryEntry> {
    return this.#with("readwrite", async (store) => {
      const next = change(entryOf(await idb.get(store, name)));
      await idb.put(store, JSON.stringify(next), name);
      return next;
    });
  }

  async remove(name: string): Promise<void> {
    await this.#with("readwrite", (store) => idb.del(store, name));
  }

  async #with<T>(access: "readonly" | "readwrite", work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const database = await idb.openDB(databaseName, (fresh) => idb.createStores(fresh, [[storeName]]));
    try {
      const [store] = idb.transact(database, [storeName], access);
      if (store === undefined) throw new Error("The directory of local copies has no store.");
      return await work(store);
    } finally {
      database.close();
    }
  }
}

/** Whatever an older version or another program left there counts as nothing. */
function entryOf(stored: unknown): DirectoryEntry {
  if (typeof stored !== "string") return nothing;
  const value: unknown = JSON.parse(stored);
  return isEntry(value) ? value : nothing;
}

function isEntry(value: unknown): value is DirectoryEntry {
  return typeof value === "object" && value !== null && "life" in value && "aside" in value && "identity" in value;
}

/** The database of the current copy. */
export function databaseOf(name: string, { life }: DirectoryEntry): string {
  return life === 0 ? name : `${name}#${life}`;
}

export function entryWithAside(name: string, entry: DirectoryEntry): DirectoryEntry {
  const aside = [...entry.aside, { database: databaseOf(name, entry), identity: entry.identity }];
  return { life: entry.life + 1, identity: null, aside };
}
