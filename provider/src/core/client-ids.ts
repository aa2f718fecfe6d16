import * as Y from "yjs";
import type { Context } from "./context.ts";

/** The Yjs client ids that this session writes with. Yjs may change the document's own at any time. */
export class ClientIds {
  private readonly context: Context;
  private announced: number | null = null;

  constructor(context: Context) {
    this.context = context;
  }

  get all(): readonly number[] {
    const { doc, awareness } = this.context;
    return doc.clientID === awareness.clientID ? [doc.clientID] : [doc.clientID, awareness.clientID];
  }

  /** The room was told all ids of now. */
  told(): void {
    this.announced = this.context.doc.clientID;
  }

  get isNews(): boolean {
    return this.announced !== this.context.doc.clientID;
  }

  /** An id that belongs to another user is of no use: later edits and presence take a new one. */
  resolve(clash: readonly number[]): void {
    const { doc, awareness, random, emit } = this.context;
    if (clash.includes(doc.clientID)) {
      const used = Y.getState(doc.store, doc.clientID) > 0;
      doc.clientID = Math.floor(random.next() * 2 ** 32);
      const message = "The client id of this document belongs to another user; edits made with it may be refused.";
      if (used) emit({ type: "connection-error", code: "client-clash", message });
    }
    if (!clash.includes(awareness.clientID)) return;
    const state = awareness.getLocalState();
    awareness.setLocalState(null);
    awareness.clientID = doc.clientID;
    awareness.setLocalState(state);
  }
}
