import * as Y from "yjs";
import { ChunkSets, chunkLimits } from "./chunks.ts";
import { Claims } from "./claims.ts";
import { findClash } from "./clash.ts";
import { Comparison, type ResolveClash } from "./comparison.ts";
import type { Context } from "./context.ts";
import { Coverage } from "./coverage.ts";
import { bytesEqual, sha256 } from "./digest.ts";
import { clocksFor, goesOn, isKnown } from "./document-clocks.ts";
import { DocumentGuard } from "./document-guard.ts";
import { Gaps } from "./gaps.ts";
import { type Held, Hold } from "./hold.ts";
import { syncLimits } from "./limits.ts";
import type { LiveEdit } from "./live-edit.ts";
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
  readonly clash: ResolveClash;
}

/** The one way into the Y.Doc: validator, owners, applicability, then Yjs (SY11, ID4). */
export class Content {
  readonly claims: Claims;
  readonly sessionOwners: SessionOwners;
  readonly gaps: Gaps;
  /** What the server is known to have: snapshot, log, receipts. */
  readonly shadow: Coverage = Coverage.empty();
  private readonly context: Context;
  private readonly hold = new Hold();
  private readonly chunks = new ChunkSets();
  private readonly events: ContentEvents;
  readonly writers: Writers;
  readonly comparison: Comparison;
  private readonly guard: DocumentGuard;

  /** `former`: of an earlier session on the same document: what it holds of others did not become this session's. */
  constructor(
    context: Context,
    events: ContentEvents,
    former: Pick<Content, "claims" | "sessionOwners" | "writers"> | null,
  ) {
    this.context = context;
    this.claims = former?.claims ?? new Claims();
    this.sessionOwners = former?.sessionOwners ?? new SessionOwners();
    this.events = events;
    this.gaps = new Gaps(context.session);
    this.writers = new Writers(context.session, former?.writers);
    this.comparison = new Comparison(context, this.writers, events.clash);
    this.guard = new DocumentGuard(context, (message) => {
      this.hold.clear();
      events.broken(message);
    });
  }

  /**
   * SY13: Yjs removes formatting that became redundant by foreign edits. Every writer publishes what it removed; a reader
   * cannot, and would differ from the server for ever: its document stays as the writers made it.
   */
  keepsFormatting(transaction: Y.Transaction): void {
    if (this.guard.isApplying) transaction._needFormattingCleanup = false;
  }

  get heldFrames(): number {
    return this.hold.size;
  }

  /**
   * A frame of another session, whose sender was checked. What cannot be applied becomes a gap. `userId` null: of another
   * tab of this user (TB2), which may hold and hand on whatever this one may, in batches of any size.
   */
  applyFrame(frame: LiveEdit, userId: UserId | null): "taken" | "invalid" {
    const { session, seqTo, update, chunk } = frame;
    const { drops } = this.context;
    // SY12
    if (this.gaps.seen(session, seqTo)) return this.passOver("duplicate", "taken");
    this.gaps.hint(session, seqTo);
    const bytesMax = chunk === undefined ? syncLimits.frameBytesMax : syncLimits.chunkBytesMax;
    if (userId !== null && update.length > bytesMax) return this.passOver("frame-too-large", "invalid");
    const live = chunk === undefined ? liveLimits : chunkLimits;
    const checked = validateUpdate(update, userId === null ? uploadLimits : live);
    if (!checked.ok) {
      drops.drop(`invalid-update: ${checked.problem}`);
      if (!isOpaque(update)) return "invalid";
      // SY14: not for us, and nothing is missing.
      this.applied(frame);
      return "taken";
    }
    const held: Held = { ...frame, summary: checked.summary, userId };
    const verdict = this.judge(held);
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
    if (!this.guard.isBroken) this.comparison.entry(entry, checked.summary);
    this.writers.read(checked.summary, entry.session, this.shadow);
    this.shadow.add(checked.summary);
    this.events.stored(entry);
    const held = { session, seqFrom: 1, seqTo, update, summary: checked.summary, userId: null };
    if (this.isApplicable(checked.summary)) this.admit(held);
    else this.park(held);
    this.releaseHeld();
  }

  /** False: the payload is not what the server hashed, or its coverage is unreadable; nothing was applied. */
  applySnapshot(body: SnapshotBody): boolean {
    const coverage = Coverage.decode(body.coverage);
    if (!coverage.ok || !bytesEqual(sha256(body.payload), body.hash)) return false;
    this.learn(body.claims);
    const apply = (): void => {
      this.comparison.snapshot(body.payload, coverage.value);
      Y.applyUpdateV2(this.context.doc, body.payload, this.context.origin);
    };
    if (!this.guard.run(apply, () => this.holds(coverage.value))) return false;
    this.takeIntoShadow(coverage.value);
    this.gaps.baseline(body.sessions);
    this.releaseHeld();
    return true;
  }

  /** ID4: ids that a member says are its user's. The one this session writes with is not theirs to name. */
  announce(clientIds: readonly number[], userId: UserId): void {
    const { doc } = this.context;
    const theirs = clientIds.filter((client) => client !== doc.clientID);
    this.claims.announce(theirs, userId, (client) => Y.getState(doc.store, client) > 0);
    this.releaseHeld();
  }

  /** SY9: deletions that the server's document has though no entry names them (Yjs made them while it merged). */
  applyDeletions(deletes: readonly Range[]): void {
    const apply = (): void => Y.applyUpdate(this.context.doc, deletionsUpdate(deletes), this.context.origin);
    this.guard.run(apply, () => this.coverage().covers({ structs: [], deletes, structCount: 0, needs: new Map() }));
  }

  coverage(): Coverage {
    return Coverage.fromSnapshot(Y.snapshot(this.context.doc));
  }

  /** A receipt: the server holds this update. */
  stored(update: Uint8Array): void {
    const checked = validateUpdate(update, uploadLimits);
    if (!checked.ok) return;
    this.writers.read(checked.summary, this.context.session, this.shadow);
    this.shadow.add(checked.summary);
  }

  private takeIntoShadow(coverage: Coverage): void {
    const { structs, deletes } = coverage.missingFrom(this.shadow);
    const ranges = structs.map((range) => ({ ...range, kind: "item" as const }));
    this.shadow.add({ structs: ranges, deletes, structCount: structs.length, needs: new Map() });
  }

  private judge({ summary, userId, session, update }: Held): "applicable" | "waits" | "foreign" {
    if (userId === null) return this.isApplicable(summary) ? "applicable" : "waits";
    let unclaimed = false;
    for (const { client, clock, length, kind } of summary.structs) {
      if (kind === "skip") continue;
      const owner = this.claims.owner(client);
      if (owner !== null && owner !== userId) return "foreign";
      const held = Y.getState(this.context.doc.store, client);
      if (clock + length > held && this.isOthersToWrite(client, held, session)) return "foreign";
      if (owner === null && held > 0) return "foreign";
      if (owner === null) unclaimed = true;
    }
    // Its announcement may be late: the frame waits for it.
    if (unclaimed || !this.isApplicable(summary)) return "waits";
    // DU12: where it repeats other words than are here, its new ones go on from another's.
    const { doc } = this.context;
    return goesOn(doc, summary) && findClash(doc, Y.decodeUpdate(update), () => 0) ? "foreign" : "applicable";
  }

  /** DU12: what is held of a client beyond the log, and was not heard of this session, is perhaps another's. */
  private isOthersToWrite(client: number, held: number, session: SessionId): boolean {
    const isOwn = client === this.context.doc.clientID && session !== this.context.session;
    const isFound = held > this.comparison.clock(client) && !this.writers.isHeardFrom(client, session);
    return isOwn || isFound || this.writers.isAnothers(client, session);
  }

  /** DU12: a local edit: its id stays this session's when later edits take another. */
  wrote(): void {
    this.writers.wrote(this.context.doc.clientID);
  }

  /**
   * A session is gone: another one may go on with its client ids. What it said and waits here may speak of ids that it
   * has given up since (DU12): the log decides.
   */
  left(session: SessionId): void {
    this.writers.left(session);
    this.hold.release((held) => held.session === session && held.userId !== null);
  }

  /** SY8: sessions that are not here any more may never upload what is missing. */
  giveUp(isHere: (session: SessionId) => boolean): void {
    this.gaps.giveUp(isHere);
    this.hold.release((held) => held.userId !== null && !isHere(held.session));
  }

  /** SY11: an update that Yjs would park in part is not given to Yjs. */
  private isApplicable(summary: UpdateSummary): boolean {
    return clocksFor(this.context.doc, summary).missingFor(summary).length === 0;
  }

  private park(held: Held): void {
    for (let dropped = this.hold.add(held); dropped > 0; dropped--) this.context.drops.drop("hold-full");
  }

  private admit(held: Held): void {
    const { session, update, summary, userId } = held;
    const { doc, origin } = this.context;
    if (isKnown(doc, summary)) {
      this.applied(held);
      return;
    }
    const clockOf = (client: number): number => Y.getState(doc.store, client);
    if (userId !== null) this.writers.took(summary, session, clockOf);
    this.writers.bring(summary, session, clockOf);
    // SY11: what is known already is cut off, because Yjs throws when a struct lies about its known half.
    const straddles = clocksFor(doc, summary).straddles(summary);
    const fresh = straddles ? Y.diffUpdate(update, Y.encodeStateVector(doc)) : update;
    const applied = this.guard.run(
      () => Y.applyUpdate(doc, fresh, origin),
      () => this.coverage().covers(summary),
    );
    if (applied) this.applied(held);
  }

  private applied(edit: LiveEdit): void {
    if (this.chunks.applied(edit)) this.gaps.add(edit.session, edit.seqFrom, edit.seqTo);
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
      if (free.length === 0 || this.guard.isBroken) return;
      for (const held of free) {
        // An earlier one of this round may have made it foreign or not applicable: judge once more.
        if (this.isFree(held)) this.admit(held);
        else this.park(held);
      }
    }
  }

  /** Its client ids turned out to be another user's: the log decides. */
  private isForeign(held: Held): boolean {
    return this.judge(held) === "foreign";
  }

  private isFree(held: Held): boolean {
    return this.judge(held) === "applicable";
  }
}
