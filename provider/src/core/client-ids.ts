import * as Y from "yjs";
import type { Clash } from "./clash.ts";
import type { Context } from "./context.ts";
import type { SessionId } from "./ports.ts";
import { type IsFixed, reidentify } from "./reidentify.ts";
import { selectUpdate } from "./select.ts";
import { type Range, uploadLimits, validateUpdate } from "./validate-update.ts";

/** Every session that a document has had in this process: they share its client id, and its content. */
const sessionsOf = new WeakMap<Y.Doc, Set<SessionId>>();

/** The Yjs client ids that this session writes with. Yjs may change the document's own at any time. */
export class ClientIds {
  private readonly context: Context;
  private announced: number | null = null;
  private named: number | null = null;

  constructor(context: Context) {
    this.context = context;
    const sessions = sessionsOf.get(context.doc) ?? new Set();
    sessionsOf.set(context.doc, sessions.add(context.session));
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

  /** All ids, for the server to claim for this user (ID4). */
  name(): readonly number[] {
    this.named = this.context.doc.clientID;
    return this.all;
  }

  /** Whether the server was asked to claim the ids of now. */
  get isNamed(): boolean {
    return this.named === this.context.doc.clientID;
  }

  /**
   * An id that belongs to another user is of no use: later edits and presence take a new one. Answers the id under which
   * the document holds structs that nobody will take; null: there are none.
   */
  resolve(clash: readonly number[]): number | null {
    const { doc, awareness } = this.context;
    const before = doc.clientID;
    const isUsed = clash.includes(before) && Y.getState(doc.store, before) > 0;
    if (clash.includes(before)) doc.clientID = this.fresh();
    if (clash.includes(awareness.clientID)) this.moveAwareness();
    return isUsed ? before : null;
  }

  /** DU12: a session of the same user, with a document of its own (a duplicated tab), has our id: later edits take a new one. */
  heard(session: SessionId, clientIds: readonly number[]): boolean {
    const { doc } = this.context;
    if (!clientIds.includes(doc.clientID) || sessionsOf.get(doc)?.has(session)) return false;
    this.change();
    return true;
  }

  /** Yjs took another id: carets find their owner by `awareness.clientID` being the document's. */
  follow(): void {
    const { doc, awareness } = this.context;
    if (awareness.doc === doc && awareness.clientID !== doc.clientID) this.moveAwareness();
  }

  /** DU12: somebody else writes with this id, or it is another user's now. */
  change(): void {
    this.context.doc.clientID = this.fresh();
    this.moveAwareness();
  }

  /** DU12: the log has other content under these ids. False: what is in the log built on what is here. */
  giveWay(clash: Clash, isFixed: IsFixed): boolean {
    const { doc } = this.context;
    const fresh = this.freshBeside(clash.client);
    const isOwnId = doc.clientID === clash.client;
    if (fresh === null || !reidentify(doc, clash, fresh, isFixed)) return false;
    if (isOwnId) {
      doc.clientID = fresh;
      this.moveAwareness();
    }
    this.tell(fresh, []);
    return true;
  }

  /**
   * DU12: what another session wrote here under an id that the log gave to somebody else: its author says it again under
   * a new one. What is left of it is a deleted range that others must know. False: as above.
   */
  bury(clash: Clash, isFixed: IsFixed): boolean {
    const { doc, origin } = this.context;
    const fresh = this.freshBeside(clash.client);
    if (fresh === null || !reidentify(doc, clash, fresh, isFixed)) return false;
    doc.transact((transaction) => {
      for (const struct of [...(doc.store.clients.get(fresh) ?? [])]) {
        if (struct instanceof Y.Item && !struct.deleted) struct.delete(transaction);
      }
    }, origin);
    this.tell(fresh, [{ client: fresh, clock: 0, length: Y.getState(doc.store, fresh) }]);
    return true;
  }

  /** Whoever keeps what the document tells must hear of new ids; Yjs did not make them, so it says nothing. */
  private tell(fresh: number, deletes: readonly Range[]): void {
    const { doc, origin } = this.context;
    const update = selectUpdate(doc, { structs: [{ client: fresh, clock: 0, length: 1 }], deletes });
    if (update !== null) doc.emit("update", [update, origin, doc, new Y.Transaction(doc, origin, false)]);
  }

  /** An id that nobody uses, as far as this document knows. */
  fresh(): number {
    const { doc, random } = this.context;
    for (;;) {
      const client = Math.floor(random.next() * 2 ** 32);
      if (Y.getState(doc.store, client) === 0) return client;
    }
  }

  /**
   * Yjs orders what was written at one place by client id: structs that stay where they are need an id with the same
   * neighbours among those of the document. Null: there is none.
   */
  private freshBeside(client: number): number | null {
    const { doc, random } = this.context;
    let [low, high] = [-1, 2 ** 32];
    for (const other of doc.store.clients.keys()) {
      if (other < client) low = Math.max(low, other);
      if (other > client) high = Math.min(high, other);
    }
    const free = high - low - 2;
    if (free < 1) return null;
    const chosen = low + 1 + Math.floor(random.next() * free);
    return chosen < client ? chosen : chosen + 1;
  }

  private moveAwareness(): void {
    const { doc, awareness } = this.context;
    const state = awareness.getLocalState();
    const before = awareness.clientID;
    awareness.setLocalState(null);
    // PR4: who goes on with this id begins with a low clock.
    awareness.meta.delete(before);
    awareness.clientID = doc.clientID;
    // Peers who never heard of an id take nothing with clock 0 for news.
    awareness.meta.set(doc.clientID, { clock: 0, lastUpdated: 0 });
    awareness.setLocalState(state);
  }
}

/** The clients of these updates, and from which clock on. */
export function unsavedClocks(updates: readonly Uint8Array[]): Map<number, number> {
  const clocks = new Map<number, number>();
  for (const update of updates) {
    const checked = validateUpdate(update, uploadLimits);
    for (const { client, clock } of checked.ok ? checked.summary.structs : []) {
      clocks.set(client, Math.min(clock, clocks.get(client) ?? clock));
    }
  }
  return clocks;
}
