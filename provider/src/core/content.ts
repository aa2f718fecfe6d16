import * as Y from "yjs";
import { Claims } from "./claims.ts";
import { type Clash, findClash, mayClash } from "./clash.ts";
import type { Context } from "./context.ts";
import { Coverage } from "./coverage.ts";
import { bytesEqual, sha256 } from "./digest.ts";
import { clocksFor } from "./document-clocks.ts";
import type { EditFrame } from "./frame.ts";
import { Gaps } from "./gaps.ts";
import { type Held, Hold } from "./hold.ts";
import { syncLimits } from "./limits.ts";
import { isOpaque } from "./opaque.ts";
import type { Claim, LogEntry, SessionId, SnapshotBody, UserId } from "./ports.ts";
import { deletionsUpdate } from "./select.ts";
import { SessionOwners } from "./session-owners.ts";
import { liveLimits, type Range, type UpdateSummary, uploadLimits, validateUpdate } from "./validate-update.ts";
import { Writers } from "./writers.ts";

export interface ContentEvents {
  readonly broken: (message: string) => void;
  /** The log has it. */
  readonly stored: (entry: LogEntry) => void;
  /** ID4: the document took edits of somebody who had announced an id that is another user's. */
  readonly usurped: () => void;
  /** DU12; `unheard`: nobody else was heard with this client id, so that the content here is this session's own. */
  readonly clash: (clash: Clash, unheard: boolean) => void;
}

/** The one way into the Y.Doc: validator, owners, applicability, then Yjs (SY11, ID4). */
export class Content {
  readonly claims: Claims = new Claims();
  readonly sessionOwners: SessionOwners = new SessionOwners();
  readonly gaps: Gaps;
  /** What the server is known to have: snapshot, log, receipts. */
  readonly shadow: Coverage = Coverage.empty();
  private readonly context: Context;
  private readonly hold = new Hold();
  private readonly events: ContentEvents;
  private readonly writers: Writers;
  private state: "whole" | "applying" | "broken" = "whole";

  constructor(context: Context, events: ContentEvents) {
    this.context = context;
    this.events = events;
    this.gaps = new Gaps(context.session);
    this.writers = new Writers(context.session);
  }

  /**
   * SY13: Yjs removes formatting that became redundant by foreign edits. Every writer publishes what it removed; a reader
   * cannot, and would differ from the server for ever: its document stays as the writers made it.
   */
  keepsFormatting(transaction: Y.Transaction): void {
    if (this.state === "applying") transaction._needFormattingCleanup = false;
  }

  get heldFrames(): number {
    return this.hold.size;
  }

  /**
   * A frame of another session, whose sender was checked. What cannot be applied becomes a gap. `userId` null: of another
   * tab of this user (TB2), which may hold and hand on whatever this one may, in batches of any size.
   */
  applyFrame(frame: EditFrame, userId: UserId | null): "taken" | "invalid" {
    const { session, seqFrom, seqTo, update } = frame;
    const { drops } = this.context;
    // SY12
    if (this.gaps.seen(session, seqTo)) return this.passOver("duplicate", "taken");
    this.gaps.hint(session, seqTo);
    if (userId !== null && update.length > syncLimits.frameBytesMax) return this.passOver("frame-too-large", "invalid");
    const checked = validateUpdate(update, userId === null ? uploadLimits : liveLimits);
    if (!checked.ok) {
      drops.drop(`invalid-update: ${checked.problem}`);
      if (!isOpaque(update)) return "invalid";
      // SY14: not for us, and nothing is missing.
      this.gaps.add(session, seqFrom, seqTo);
      return "taken";
    }
    const held = { session, seqFrom, seqTo, update, summary: checked.summary, userId };
    const verdict = this.judge(checked.summary, userId, session);
    if (verdict === "foreign") return this.passOver("foreign-client", "taken");
    if (verdict === "waits") this.park(held);
    else {
      this.admit(held);
      this.releaseHeld();
    }
    return "taken";
  }

  private passOver<T>(reason: string, outcome: T): T {
    this.context.drops.drop(reason);
    return outcome;
  }

  /** ID4: what was taken here from whoever was faster to announce an id is not its owner's: the log decides (DU12). */
  learn(claims: readonly Claim[]): void {
    for (const client of this.claims.learn(claims)) {
      if (Y.getState(this.context.doc.store, client) <= this.shadow.clock(client)) continue;
      this.context.drops.drop("usurped-client");
      this.events.usurped();
    }
  }

  /** An entry of the log, in the log's order. */
  applyEntry(entry: LogEntry): void {
    this.learn(entry.owners);
    this.sessionOwners.learn(entry.session, entry.userId);
    const checked = validateUpdate(entry.update, uploadLimits);
    if (!checked.ok) {
      // DU9: compaction quarantines it
      this.context.drops.drop(`invalid-entry: ${checked.problem}`);
      if (isOpaque(entry.update)) this.gaps.add(entry.session, 1, entry.seqTo);
      return;
    }
    const { session, seqTo, update } = entry;
    this.compare(entry, checked.summary);
    this.writers.read(checked.summary, entry.session, this.shadow);
    this.shadow.add(checked.summary);
    this.events.stored(entry);
    const held = { session, seqFrom: 1, seqTo, update, summary: checked.summary, userId: null };
    if (this.isApplicable(checked.summary)) this.admit(held);
    else this.park(held);
    this.releaseHeld();
  }

  /** DU12: other bytes than the log's under the same ids: the log is right. */
  private compare({ session, update }: LogEntry, summary: UpdateSummary): void {
    if (session === this.context.session || this.state !== "whole") return;
    const { doc } = this.context;
    if (!mayClash(summary, (client) => Y.getState(doc.store, client), this.shadow)) return;
    const clash = findClash(doc, update, (client) => this.shadow.clock(client));
    if (clash === null) return;
    this.context.drops.drop("client-clash");
    this.events.clash(clash, this.writers.isUnheard(clash.client));
  }

  /** False: the payload is not what the server hashed, or its coverage is unreadable; nothing was applied. */
  applySnapshot(body: SnapshotBody): boolean {
    const coverage = Coverage.decode(body.coverage);
    if (!coverage.ok || !bytesEqual(sha256(body.payload), body.hash)) return false;
    this.learn(body.claims);
    const apply = (): void => Y.applyUpdateV2(this.context.doc, body.payload, this.context.origin);
    if (!this.guarded(apply, () => this.holds(coverage.value))) return false;
    this.takeIntoShadow(coverage.value);
    this.gaps.baseline(body.sessions);
    this.releaseHeld();
    return true;
  }

  /** ID4: ids that a member says are its user's. */
  announce(clientIds: readonly number[], userId: UserId): void {
    this.claims.announce(clientIds, userId, (client) => Y.getState(this.context.doc.store, client) > 0);
    this.releaseHeld();
  }

  /** SY9: deletions that the server's document has though no entry names them (Yjs made them while it merged). */
  applyDeletions(deletes: readonly Range[]): void {
    const apply = (): void => Y.applyUpdate(this.context.doc, deletionsUpdate(deletes), this.context.origin);
    this.guarded(apply, () => this.coverage().covers({ structs: [], deletes, structCount: 0, needs: new Map() }));
  }

  coverage(): Coverage {
    return Coverage.fromSnapshot(Y.snapshot(this.context.doc));
  }

  /** A receipt: the server holds this update. */
  stored(update: Uint8Array): void {
    const checked = validateUpdate(update, uploadLimits);
    if (checked.ok) this.shadow.add(checked.summary);
  }

  private takeIntoShadow(coverage: Coverage): void {
    const { structs, deletes } = coverage.missingFrom(this.shadow);
    const ranges = structs.map((range) => ({ ...range, kind: "item" as const }));
    this.shadow.add({ structs: ranges, deletes, structCount: structs.length, needs: new Map() });
  }

  private judge(summary: UpdateSummary, userId: UserId | null, session: SessionId): "applicable" | "waits" | "foreign" {
    if (userId === null) return this.isApplicable(summary) ? "applicable" : "waits";
    let unclaimed = false;
    for (const { client, clock, length, kind } of summary.structs) {
      if (kind === "skip") continue;
      const owner = this.claims.owner(client);
      if (owner !== null && owner !== userId) return "foreign";
      const isOwn = client === this.context.doc.clientID && session !== this.context.session;
      if (
        (isOwn || this.writers.isAnothers(client, session)) &&
        clock + length > Y.getState(this.context.doc.store, client)
      )
        return "foreign";
      if (owner === null && Y.getState(this.context.doc.store, client) > 0) return "foreign";
      if (owner === null) unclaimed = true;
    }
    // Its announcement may be late: the frame waits for it.
    return unclaimed || !this.isApplicable(summary) ? "waits" : "applicable";
  }

  /** DU12: a local edit: its id stays this session's when later edits take another. */
  wrote(): void {
    this.writers.wrote(this.context.doc.clientID);
  }

  /** A session is gone: another one may go on with its client ids. */
  left(session: SessionId): void {
    this.writers.left(session);
  }

  /** SY11: an update that Yjs would park in part is not given to Yjs. */
  private isApplicable(summary: UpdateSummary): boolean {
    return clocksFor(this.context.doc, summary).missingFor(summary).length === 0;
  }

  private park(held: Held): void {
    for (let dropped = this.hold.add(held); dropped > 0; dropped--) this.context.drops.drop("hold-full");
  }

  private admit({ session, seqFrom, seqTo, update, summary, userId }: Held): void {
    const { doc, origin } = this.context;
    if (userId !== null) this.writers.took(summary, session, (client) => Y.getState(doc.store, client));
    // SY11: what is known already is cut off, because Yjs throws when a struct lies about its known half.
    const straddles = clocksFor(this.context.doc, summary).straddles(summary);
    const fresh = straddles ? Y.diffUpdate(update, Y.encodeStateVector(doc)) : update;
    const applied = this.guarded(
      () => Y.applyUpdate(doc, fresh, origin),
      () => this.coverage().covers(summary),
    );
    if (applied) this.gaps.add(session, seqFrom, seqTo);
  }

  private holds(coverage: Coverage): boolean {
    const { structs, deletes } = coverage.missingFrom(this.coverage());
    return structs.length === 0 && deletes.length === 0;
  }

  private releaseHeld(): void {
    const foreign = this.hold.release((held) => this.isForeign(held));
    for (let dropped = foreign.length; dropped > 0; dropped--) this.context.drops.drop("foreign-client");
    for (;;) {
      const free = this.hold.release((held) => this.isFree(held));
      if (free.length === 0 || this.state === "broken") return;
      for (const held of free) {
        // An earlier one of this round may have made it foreign or not applicable: judge once more.
        if (this.isFree(held)) this.admit(held);
        else this.park(held);
      }
    }
  }

  /** Its client ids turned out to be another user's: the log decides. */
  private isForeign({ userId, summary, session }: Held): boolean {
    return userId !== null && this.judge(summary, userId, session) === "foreign";
  }

  private isFree({ userId, summary, session }: Held): boolean {
    return userId === null ? this.isApplicable(summary) : this.judge(summary, userId, session) === "applicable";
  }

  /**
   * A throw out of Yjs leaves a document that cannot be trusted any more. A throw out of somebody's observer does not:
   * Yjs finishes its transaction first, and everything that was to be applied is there (`complete`).
   */
  private guarded(apply: () => void, complete: () => boolean): boolean {
    if (this.state === "broken") return false;
    this.state = "applying";
    const { doc, origin } = this.context;
    const hadPending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
    let finished = false;
    const onFinished = (transaction: Y.Transaction): void => {
      if (transaction.origin === origin) finished = true;
    };
    doc.on("afterTransactionCleanup", onFinished);
    try {
      apply();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!finished || !complete()) {
        this.state = "broken";
        this.hold.clear();
        this.events.broken(message);
        return false;
      }
      this.context.emit({ type: "connection-error", code: "observer-threw", message });
    } finally {
      doc.off("afterTransactionCleanup", onFinished);
    }
    this.state = "whole";
    if (!hadPending) this.dropPending();
    return true;
  }

  /** SY11: only a crafted update gets here (references in a circle); what Yjs parked would grow for ever. */
  private dropPending(): void {
    const { store } = this.context.doc;
    if (store.pendingStructs === null && store.pendingDs === null) return;
    store.pendingStructs = null;
    store.pendingDs = null;
    this.context.drops.drop("pending-cleared");
  }
}
