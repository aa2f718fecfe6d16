import { type Cursor, type DocumentId, makeSessionId, sha256, type UserId } from "y-webpubsub/core";
import type { Appended, DocumentStore } from "y-webpubsub-server/core";
import * as Y from "yjs";

/** What a server that wants initial content does: all may do it at once, and the log takes it while it is empty. */
export async function seedOnce(store: DocumentStore, documents: readonly string[], by: string): Promise<Appended[]> {
  return Promise.all(
    documents.map((name) => {
      const doc = new Y.Doc();
      doc.getArray<string>("elements").push([`seed by ${by}`]);
      const update = Y.encodeStateAsUpdate(doc);
      const userId = `seed-${by}` as UserId;
      const entry = {
        session: makeSessionId({ next: Math.random }),
        userId,
        upload: 1,
        seqTo: 1,
        hash: sha256(update),
        owners: [{ client: doc.clientID, userId }],
        atMs: Date.now(),
        update,
      };
      return store.append(name as DocumentId, 1, entry, "" as Cursor);
    }),
  );
}
