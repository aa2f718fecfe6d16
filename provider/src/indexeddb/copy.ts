import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";
import type { CopyIdentity, CopyProblem, LocalCopy } from "../persistence.ts";
import { type Directory, databaseOf, entryWithAside } from "./directory.ts";
import { copyLimits } from "./limits.ts";

export type OnProblem = (problem: CopyProblem, message: string) => void;

type State =
  | { readonly phase: "opening" }
  | { readonly phase: "open"; readonly store: IndexeddbPersistence; readonly database: string; readonly since: number }
  | { readonly phase: "closed" };

/** One document's copy, through y-indexeddb. */
export class IndexedDbCopy implements LocalCopy {
  readonly loaded: Promise<CopyIdentity | null>;
  readonly #name: string;
  readonly #directory: Directory;
  readonly #onProblem: OnProblem;
  readonly #told = new Set<CopyProblem>();
  #identity: CopyIdentity | null = null;
  #state: State = { phase: "opening" };

  constructor(name: string, directory: Directory, doc: Y.Doc, onProblem: OnProblem) {
    this.#name = name;
    this.#directory = directory;
    this.#onProblem = onProblem;
    this.loaded = this.#load(doc);
  }

  isOrigin(origin: unknown): boolean {
    return this.#state.phase === "open" && origin === this.#state.store;
  }

  identify(identity: CopyIdentity): void {
    this.#identity = identity;
    if (this.#state.phase !== "open") return;
    const { database } = this.#state;
    // Another tab may have set this copy aside meanwhile: then it is not this one that is named.
    this.#told.delete("write-failed");
    void this.#try("write-failed", () =>
      this.#directory.change(this.#name, (entry) =>
        databaseOf(this.#name, entry) === database ? { ...entry, identity } : entry,
      ),
    );
  }

  async setAside(): Promise<void> {
    const before = this.#state;
    const closed = this.close();
    if (before.phase !== "open") return closed;
    const named = this.#directory.change(this.#name, (entry) =>
      databaseOf(this.#name, entry) === before.database ? entryWithAside(this.#name, entry) : entry,
    );
    await this.#try("write-failed", () => withDeadline(Promise.all([named, closed]), copyLimits.setAsideMsMax));
  }

  async close(): Promise<void> {
    const { store } = this.#state.phase === "open" ? this.#state : { store: null };
    this.#state = { phase: "closed" };
    if (store !== null) await this.#try("write-failed", () => store.destroy());
  }

  async #load(doc: Y.Doc): Promise<CopyIdentity | null> {
    // Asked first: y-indexeddb tells nobody when it cannot open a database.
    const entry = await this.#try("unavailable", () => this.#directory.read(this.#name));
    if (entry === null || this.#isClosed) return null;
    this.#identity ??= entry.identity;
    return (await this.#open(databaseOf(this.#name, entry), doc)) ? entry.identity : null;
  }

  async #open(database: string, doc: Y.Doc): Promise<boolean> {
    const store = new IndexeddbPersistence(database, doc);
    this.#state = { phase: "open", store, database, since: performance.now() };
    catchThrown(store, (error) => this.#lost(store, error));
    const read = await this.#try("unreadable", () => withDeadline(store.whenSynced, copyLimits.loadMsMax));
    if (read === null) return false;
    this.#watch(store);
    return true;
  }

  /** Browsers end a connection by themselves (Safari's in the background, a cleared site's): the next one writes it all anew. */
  #lost(store: IndexeddbPersistence, error: unknown): void {
    if (this.#state.phase !== "open" || this.#state.store !== store) return;
    const { database, since } = this.#state;
    const { doc } = store;
    const identity = this.#identity;
    void this.close();
    if (performance.now() - since < copyLimits.reopenEveryMs) {
      this.#tell("write-failed", error);
      return;
    }
    void this.#open(database, doc).then((isOpen) => {
      if (isOpen && identity !== null) this.identify(identity);
    });
  }

  get #isClosed(): boolean {
    return this.#state.phase === "closed";
  }

  /** y-indexeddb waits for no write: what fails is seen where IndexedDB tells it last. */
  #watch(store: IndexeddbPersistence): void {
    const onFailed = (event: Event): void => {
      const { target } = event;
      const error = target instanceof IDBTransaction || target instanceof IDBRequest ? target.error : null;
      this.#tell(error?.name === "QuotaExceededError" ? "quota-exceeded" : "write-failed", error);
    };
    store.db?.addEventListener("error", onFailed);
    store.db?.addEventListener("abort", onFailed);
    store.db?.addEventListener("close", () => this.#lost(store, new Error("the browser closed it")));
    store.db?.addEventListener("versionchange", () => {
      if (this.#state.phase !== "open" || this.#state.store !== store) return;
      // What somebody removes on purpose is not made anew.
      void this.close();
      this.#tell("write-failed", new Error("it was removed"));
    });
  }

  async #try<T>(problem: CopyProblem, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#tell(problem, error);
      return null;
    }
  }

  #tell(problem: CopyProblem, error: unknown): void {
    if (this.#told.has(problem)) return;
    this.#told.add(problem);
    this.#onProblem(problem, error instanceof Error ? error.message : "no reason was given");
  }
}

/** y-indexeddb writes in the middle of the edit: what IndexedDB throws there would reach whoever edits. */
function catchThrown(store: IndexeddbPersistence, lost: (error: unknown) => void): void {
  const write = store._storeUpdate;
  store.doc.off("update", write);
  store._storeUpdate = (update, origin) => {
    try {
      write(update, origin);
    } catch (error) {
      lost(error);
    }
  };
  store.doc.on("update", store._storeUpdate);
}

function withDeadline<T>(work: Promise<T>, delayMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done within ${delayMs / 1_000} s`)), delayMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
