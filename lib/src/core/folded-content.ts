import type { Cursor, DocumentId } from "y-webpubsub/core";
import { type DocumentStore, StoreError } from "./document-store.ts";
import type { Folded, Folder } from "./ports.ts";

/** What is kept of a fold: never the content. */
type Description = Pick<Folded, "digest" | "state">;

/** The document that a log makes, by the folder; what describes it is made once for each head. */
export class FoldedContent {
  readonly #document: DocumentId;
  readonly #ports: { readonly store: DocumentStore; readonly folder: Folder };
  #described: { readonly head: Cursor; readonly result: Promise<Description> } | null = null;

  constructor(document: DocumentId, ports: { readonly store: DocumentStore; readonly folder: Folder }) {
    this.#document = document;
    this.#ports = ports;
  }

  forget(): void {
    this.#described = null;
  }

  /** Made anew, and `compared` with it. */
  async fold(compared?: Uint8Array): Promise<Folded> {
    const { store, folder } = this.#ports;
    const stored = await store.load(this.#document);
    const kept = stored?.snapshot ? await store.payload(this.#document, stored.snapshot.ref) : null;
    // DU10: never less than what is stored.
    if (stored?.snapshot && !kept) throw new StoreError("not-durable", "The snapshot was just replaced. Try again.");
    const updates = stored?.entries.map((entry) => entry.update) ?? [];
    const job = { payload: kept?.payload ?? null, updates };
    return folder.fold(compared === undefined ? job : { ...job, compared });
  }

  described(head: Cursor): Promise<Description> {
    if (this.#described?.head === head) return this.#described.result;
    const result = this.fold().then(({ digest, state }) => ({ digest, state }));
    this.#described = { head, result };
    result.catch(() => {
      if (this.#described?.result === result) this.#described = null;
    });
    return result;
  }
}
