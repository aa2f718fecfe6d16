import * as Y from "yjs";
import type { Context } from "./context.ts";

export interface DocumentEvents {
  /** Each update of the document, once. */
  readonly update: (update: Uint8Array, origin: unknown) => void;
  /** Observers have been told of it. */
  readonly finished: (transaction: Y.Transaction) => void;
  /** What was written cannot be encoded: nothing of it can be sent or saved. */
  readonly broken: () => void;
}

/**
 * DU5: hears of every edit, whatever the application's listeners do. Yjs (13.6, `cleanupTransactions`) works through a list
 * of transactions; where a listener of `update` throws, or a value cannot be encoded, it never gets to the list's end, and
 * tells nobody of any later edit: they would be in the document, neither sent nor saved, and count as saved. Transactions
 * and what follows them are synchronous: a list that is not empty when a microtask looks is one that nobody works on.
 */
export class DocumentWatch {
  private readonly context: Context;
  private readonly events: DocumentEvents;
  private readonly observed = new WeakSet<Y.Transaction>();
  private readonly heard = new WeakSet<Y.Transaction>();
  private phase: "resting" | "looking-soon" | "stopped" = "resting";

  constructor(context: Context, events: DocumentEvents) {
    this.context = context;
    this.events = events;
    context.doc.on("update", this.onUpdate);
    context.doc.on("beforeTransaction", this.lookSoon);
    context.doc.on("afterTransaction", this.onFinished);
  }

  stop(): void {
    this.phase = "stopped";
    this.context.doc.off("update", this.onUpdate);
    this.context.doc.off("beforeTransaction", this.lookSoon);
    this.context.doc.off("afterTransaction", this.onFinished);
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    this.heard.add(transaction);
    this.events.update(update, origin);
  };

  private readonly onFinished = (transaction: Y.Transaction): void => {
    this.observed.add(transaction);
    this.events.finished(transaction);
  };

  private readonly lookSoon = (): void => {
    if (this.phase !== "resting") return;
    this.phase = "looking-soon";
    void Promise.resolve().then(() => this.look());
  };

  private look(): void {
    if (this.phase === "stopped") return;
    this.phase = "resting";
    const { doc } = this.context;
    const left = doc._transactionCleanups;
    if (left.length === 0) return;
    doc._transactionCleanups = [];
    const done = left.filter((each) => this.observed.has(each));
    if (!done.every((each) => this.tell(each))) {
      this.say("document-broken", "Something was written into the document that cannot be encoded, such as a cycle.");
      this.events.broken();
      return;
    }
    this.say(
      "observer-threw",
      "A listener of the document's update event threw; the edit was heard all the same. Catch what it throws: Yjs itself tells nobody of any edit after that.",
    );
    this.finish(left.slice(done.length));
  }

  /** What an empty transaction finds in the list is worked through after it. */
  private finish(transactions: readonly Y.Transaction[]): void {
    if (transactions.length === 0) return;
    const { doc } = this.context;
    try {
      doc.transact(() => void doc._transactionCleanups.push(...transactions));
    } catch {
      // The next listener that throws: its transaction is looked at as this one was.
    }
  }

  /** False: its update cannot be made. */
  private tell(transaction: Y.Transaction): boolean {
    const { doc, beforeState, afterState, deleteSet, origin } = transaction;
    const isEmpty =
      deleteSet.clients.size === 0 && [...afterState].every(([client, clock]) => beforeState.get(client) === clock);
    if (isEmpty || this.heard.has(transaction)) return true;
    try {
      this.heard.add(transaction);
      this.events.update(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(beforeState)), origin);
      return true;
    } catch {
      return false;
    }
  }

  private say(code: string, message: string): void {
    this.context.emit({ type: "connection-error", code, message });
  }
}
