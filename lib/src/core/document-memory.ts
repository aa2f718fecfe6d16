import type { DocumentId } from "y-webpubsub/core";
import { DocumentState } from "./document-state.ts";
import type { DocumentStore } from "./document-store.ts";

/** What is in memory, from the moment it is asked for. */
interface Known {
  readonly loading: Promise<DocumentState>;
  loaded: DocumentState | null;
}

const unbounded = { entriesMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };

/** What one server remembers of a document between requests, and how it is brought up to the store's word. */
export class DocumentMemory {
  readonly #document: DocumentId;
  readonly #store: DocumentStore;
  readonly #breathe: (() => Promise<void>) | undefined;
  #known: Known | null = null;
  /** What was known before it was forgotten: some of it no store remembers. */
  #before: DocumentState | null = null;
  /** The look at a shared store that is under way. */
  #looking: Promise<DocumentState> | null = null;
  /** The one after it, for all who asked while it was under way. */
  #next: Promise<DocumentState> | null = null;

  constructor(document: DocumentId, store: DocumentStore, breathe: (() => Promise<void>) | undefined) {
    this.#document = document;
    this.#store = store;
    this.#breathe = breathe;
  }

  /** Read on from the store first when others may have written: everything acknowledged before the call is in it. */
  state(): Promise<DocumentState> {
    if (!this.#store.shared) return this.#load();
    if (this.#looking === null) return this.#look();
    this.#next ??= this.#after(this.#looking);
    return this.#next;
  }

  forget(): void {
    this.#before = this.#known?.loaded ?? this.#before;
    this.#known = null;
  }

  /** Whether the state was loaded anew since: then what is known may lack what `state` was told. */
  isOutdated(state: DocumentState): boolean {
    return this.#known !== null && this.#known.loaded !== state;
  }

  #load(): Promise<DocumentState> {
    return this.#known?.loading ?? this.#know(this.#read());
  }

  async #read(): Promise<DocumentState> {
    const state = await DocumentState.read(await this.#store.load(this.#document), this.#breathe);
    if (this.#before !== null) state.remember(this.#before);
    return state;
  }

  #know(loading: Promise<DocumentState>): Promise<DocumentState> {
    const known: Known = { loading, loaded: null };
    this.#known = known;
    loading.then(
      (state) => {
        known.loaded = state;
        // Forgotten again meanwhile: then the next one needs it too.
        if (this.#known === known) this.#before = null;
      },
      () => {
        // DU10: the next call tries again; nothing is ever taken for empty.
        if (this.#known === known) this.#known = null;
      },
    );
    return loading;
  }

  /** One look at a time: with breaths in it, two at once would take entries in twice. */
  #look(): Promise<DocumentState> {
    const looking = this.#readOn().finally(() => {
      if (this.#looking === looking) this.#looking = null;
    });
    this.#looking = looking;
    return looking;
  }

  async #after(looking: Promise<DocumentState>): Promise<DocumentState> {
    // Whoever asked for that one is told what went wrong with it.
    await Promise.allSettled([looking]);
    this.#next = null;
    return this.#look();
  }

  async #readOn(): Promise<DocumentState> {
    const state = await this.#load();
    const read = await this.#store.entriesAfter(this.#document, state.head, unbounded);
    if (read.outcome === "entries" && read.generation === state.generation) {
      await state.foldAll(read.entries, this.#breathe);
      return state;
    }
    return this.#know(this.#readAgain(state));
  }

  /** Folded away, or another life of the document. */
  async #readAgain(before: DocumentState): Promise<DocumentState> {
    const state = await this.#read();
    state.remember(before);
    return state;
  }
}
