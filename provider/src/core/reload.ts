import * as Y from "yjs";
import { retryMs } from "./backoff.ts";
import { type Context, whenAnswered } from "./context.ts";
import { bytesEqual, sha256 } from "./digest.ts";
import type { Cursor, Failure, LogPage, SnapshotBody, SnapshotRef, Ticket } from "./ports.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

interface Loading {
  readonly ticket: Ticket;
  readonly doc: Y.Doc;
}

/** DU9, CN4: loads what the server has into a fresh document, however long it takes, and hands it over once. */
export class Reload {
  private readonly context: Context;
  private readonly done: (doc: Y.Doc) => void;
  private readonly abort = new AbortController();
  private attempt = 0;

  constructor(context: Context, done: (doc: Y.Doc) => void) {
    this.context = context;
    this.done = done;
  }

  start(): void {
    const { server, document, session } = this.context;
    const card = { session, clientIds: [], generation: null };
    this.ask(server.negotiate(document, card, this.abort.signal), (ticket) => {
      const loading = { ticket, doc: new Y.Doc({ gc: this.context.doc.gc, guid: this.context.doc.guid }) };
      if (ticket.snapshot === null) this.readLog(loading, "" as Cursor);
      else this.readSnapshot(loading, ticket.snapshot);
    });
  }

  stop(): void {
    this.abort.abort();
    this.context.timers.clear("reload");
  }

  private readSnapshot(loading: Loading, ref: SnapshotRef): void {
    this.ask(this.context.server.snapshot(this.context.document, ref, this.abort.signal), (body: SnapshotBody) => {
      if (!bytesEqual(sha256(body.payload), body.hash)) return this.retry(null);
      if (!this.apply(() => Y.applyUpdateV2(loading.doc, body.payload, this.context.origin))) return this.retry(null);
      this.readLog(loading, body.cursor);
    });
  }

  private readLog(loading: Loading, after: Cursor): void {
    const { server, document } = this.context;
    this.ask(server.log(document, loading.ticket.generation, after, this.abort.signal), (page) =>
      this.applyPage(loading, page, after),
    );
  }

  private applyPage(loading: Loading, page: LogPage, after: Cursor): void {
    for (const { update } of page.entries) {
      if (!validateUpdate(update, uploadLimits).ok) this.context.drops.drop("invalid-entry");
      else if (!this.apply(() => Y.applyUpdate(loading.doc, freshPart(loading.doc, update), this.context.origin))) {
        this.retry(null);
        return;
      }
    }
    if (page.more && page.next !== after) {
      this.readLog(loading, page.next);
      return;
    }
    this.done(loading.doc);
  }

  private apply(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.context.emit({ type: "connection-error", code: "document-broken", message });
      return false;
    }
  }

  private ask<T>(answer: Promise<T>, done: (value: T) => void): void {
    whenAnswered(this.context.turn, answer, {
      wanted: () => !this.abort.signal.aborted,
      done,
      failed: (failure) => this.retry(failure),
    });
  }

  /** From the start: the ticket, the snapshot or the cursor may be of the past. */
  private retry(failure: Failure | null): void {
    if (failure?.kind === "refused") {
      this.context.emit({ type: "connection-error", code: failure.code, message: failure.message });
    }
    const wait = retryMs(this.context.random, this.attempt++);
    const notBefore = failure !== null && "retryAfterMs" in failure ? (failure.retryAfterMs ?? 0) : 0;
    this.context.timers.set("reload", Math.max(wait, notBefore), () => this.start());
  }
}

/** SY11: what is known already is cut off, because Yjs throws when a struct lies about its known half. */
function freshPart(doc: Y.Doc, update: Uint8Array): Uint8Array {
  return Y.diffUpdate(update, Y.encodeStateVector(doc));
}
