import { randomBytes, randomInt } from "node:crypto";
import {
  type DocumentId,
  mergeAll,
  type SessionId,
  sessionFromBytes,
  splitUpdate,
  type UserId,
  uploadLimits,
  validateUpdate,
} from "y-webpubsub/core";
import * as Y from "yjs";
import { writeEdit } from "../core/index.ts";
import { materialNow } from "../history/positions.ts";
import { Problem } from "../problems.ts";
import type { Desk } from "./edits.ts";
import { documentLimits } from "./limits.ts";

interface Author {
  readonly session: SessionId;
  readonly client: number;
  upload: number;
}

/**
 * SE5: edits that the server's own program makes. One after the other for each document, so that a user's edits from this
 * process have one client id, and documents do not grow with the number of edits.
 */
export class Transactions {
  /** By document and user, least recently used first. */
  readonly #authors: Map<string, Author> = new Map();
  readonly #last: Map<DocumentId, Promise<unknown>> = new Map();

  /** What `change` returns; its changes are durable by then. Nothing is written when it throws. */
  run<T>(desk: Desk, userId: UserId, change: (doc: Y.Doc) => T | Promise<T>): Promise<T> {
    const before = this.#last.get(desk.document) ?? Promise.resolve();
    const work = before.then(() => this.#run(desk, userId, change));
    const settled = work.then(
      () => undefined,
      // Whoever asked is told; the next one begins anew.
      () => undefined,
    );
    this.#last.set(desk.document, settled);
    void settled.then(() => {
      if (this.#last.get(desk.document) === settled) this.#last.delete(desk.document);
    });
    return work;
  }

  async #run<T>(desk: Desk, userId: UserId, change: (doc: Y.Doc) => T | Promise<T>): Promise<T> {
    const { collab, opened, store, document } = desk;
    const now = await materialNow(store, document);
    const { payload } = await collab.parts.folder.fold(now.job);
    const key = JSON.stringify([document, now.generation, userId]);
    const author = this.#author(key);
    const doc = new Y.Doc();
    try {
      Y.applyUpdateV2(doc, payload);
      doc.clientID = author.client;
      const updates: Uint8Array[] = [];
      doc.on("update", (update: Uint8Array) => updates.push(update));
      const result = await change(doc);
      if (updates.length === 0) return result;
      const log = opened.documents.log(document);
      const ports = { store, clock: collab.parts.clock };
      for (const update of splitUpdate(mergeAll(updates), documentLimits.partBytesMax)) {
        const read = validateUpdate(update, uploadLimits);
        if (!read.ok) throw new Problem("update-invalid", { what: read.problem });
        const upload = author.upload + 1;
        const words = { session: author.session, userId, upload, seqTo: upload, client: author.client, update };
        const wrote = await writeEdit(document, log, ports, words, { generation: now.generation });
        if (wrote.outcome === "generation-changed") {
          throw new Problem("generation-changed", { fields: { generation: wrote.generation } });
        }
        if (wrote.outcome !== "stored") throw new Problem("upload-conflict");
        author.upload = upload;
        const { cursor } = wrote;
        collab.stored(opened, document, { generation: now.generation, cursor }, { type: "stored", cursor });
      }
      return result;
    } catch (error) {
      // Perhaps stored all the same: the client id's clocks are not certain any more.
      this.#authors.delete(key);
      throw error;
    } finally {
      doc.destroy();
    }
  }

  #author(key: string): Author {
    const session = () => sessionFromBytes(new Uint8Array(randomBytes(12)));
    const author = this.#authors.get(key) ?? { session: session(), client: randomInt(1, 2 ** 32), upload: 0 };
    this.#authors.delete(key);
    this.#authors.set(key, author);
    if (this.#authors.size > documentLimits.authorsMax) {
      this.#authors.delete(this.#authors.keys().next().value ?? key);
    }
    return author;
  }
}
