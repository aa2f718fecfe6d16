import { encodeUpload, makeSessionId, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import type { Connection } from "./connection.ts";

/** What a pause in typing leaves to be uploaded: a few words. */
const words = "a few words more, ";

/** One session in one document: each upload follows the one before. */
export class Stream {
  readonly #session: SessionId = makeSessionId({ next: Math.random });
  readonly #doc: Y.Doc = new Y.Doc();
  readonly #document: string;
  #update: Uint8Array = new Uint8Array();
  #upload = 0;

  constructor(document: string) {
    this.#document = document;
    this.#doc.on("update", (update: Uint8Array) => {
      this.#update = update;
    });
  }

  /** What a session asks before anything else. */
  async negotiate(connection: Connection, user: string): Promise<void> {
    const asked = { protocol: 1, document: this.#document, session: this.#session, clientIds: [this.#doc.clientID] };
    const body = Buffer.from(JSON.stringify(asked));
    const status = await connection.post("/collab/negotiate", user, body, "application/json");
    if (status !== 200) throw new Error(`A negotiation was answered ${status}.`);
  }

  async send(connection: Connection, user: string): Promise<void> {
    this.#upload += 1;
    const text = this.#doc.getText("text");
    text.insert(text.length, words);
    const numbers = { session: this.#session, upload: this.#upload, seqTo: this.#upload };
    const body = encodeUpload({ ...numbers, announce: false, adoption: false, update: this.#update });
    const status = await connection.post(`/collab/log?document=${this.#document}&generation=1`, user, body);
    if (status !== 200) throw new Error(`An upload was answered ${status}.`);
  }
}
