import type { Content } from "./content.ts";
import { type Context, whenAnswered } from "./context.ts";
import { Coverage, type CoverageGap } from "./coverage.ts";
import { durabilityLimits, syncLimits } from "./limits.ts";
import { LiveDigest } from "./live-digest.ts";
import type { Outbox } from "./outbox.ts";
import { Phantoms } from "./phantoms.ts";
import type { ClockRange, Head, Instant, Ticket } from "./ports.ts";
import type { Repair } from "./repair.ts";

export interface CheckEvents {
  /** DU8: the server lacks this for longer than its author would need. */
  readonly adopt: (lacked: CoverageGap) => void;
  /** SY9: the server lacks this, and nobody here could save it. */
  readonly isPhantom: (range: ClockRange) => boolean;
  /** SY9: such words have waited long enough for their author. */
  readonly neverSaved: () => void;
  readonly generationChanged: () => void;
  /** AC4: the groups have other names now. */
  readonly accessChanged: () => void;
}

/** What this replica held at a check after which the server still lacked something. */
interface Lacked {
  readonly at: Instant;
  readonly held: Coverage;
}

/** SY9: compares heads, then digests; loads what is lacking here and adopts what is lacking there. */
export class Checks {
  private readonly context: Context;
  private readonly content: Content;
  private readonly repair: Repair;
  private readonly outbox: Outbox;
  private readonly events: CheckEvents;
  private ticket: Ticket | null = null;
  private asking: AbortController | null = null;
  private intervalMs: number = syncLimits.checkMsFirst;
  private lacked: Lacked | null = null;
  private readonly phantoms: Phantoms;
  private readonly digest: LiveDigest;
  private digests = 0;

  constructor(context: Context, parts: { content: Content; repair: Repair; outbox: Outbox }, events: CheckEvents) {
    this.context = context;
    this.content = parts.content;
    this.repair = parts.repair;
    this.outbox = parts.outbox;
    this.events = events;
    this.digest = new LiveDigest(context.doc);
    this.phantoms = new Phantoms(context, (range) => events.isPhantom(range));
  }

  start(ticket: Ticket): void {
    this.ticket = ticket;
    this.intervalMs = syncLimits.checkMsFirst;
    this.schedule(this.intervalMs);
  }

  stop(): void {
    this.ticket = null;
    this.asking?.abort();
    this.asking = null;
    this.lacked = null;
    this.phantoms.forget();
    this.digest.forget();
    this.context.timers.clear("check");
  }

  /** Focus, online, resumed, a gap filled: soon, and often again. */
  soon(): void {
    if (this.ticket === null) return;
    this.intervalMs = syncLimits.checkMsFirst;
    this.schedule(syncLimits.checkSoonMs);
  }

  /** Edits came or went: idle time begins anew. */
  active(): void {
    if (this.ticket === null || this.intervalMs === syncLimits.checkMsFirst) return;
    this.intervalMs = syncLimits.checkMsFirst;
    this.schedule(this.intervalMs);
  }

  private schedule(delayMs: number): void {
    this.context.timers.set("check", delayMs * (0.75 + this.context.random.next() / 4), () => this.check());
  }

  private check(): void {
    const { ticket, context, repair } = this;
    if (ticket === null || this.asking !== null) return;
    // A digest says something only when nothing of here is on its way there.
    const { cursor } = repair;
    // A reader's edits are never on their way; its check still finds that access changed (AC4).
    const onItsWay = this.outbox.unsavedEdits > 0 && ticket.role === "writer";
    if (onItsWay || repair.isPulling || cursor === null) {
      this.schedule(this.intervalMs);
      return;
    }
    const abort = new AbortController();
    this.asking = abort;
    // Now and then from the whole document, whatever was kept up meanwhile.
    if (this.digests++ % syncLimits.wholeDigestEvery === 0) this.digest.forget();
    const digest = this.digest.current(); // with the delete set
    const answer = context.server.head(context.document, ticket.generation, cursor, digest, abort.signal);
    whenAnswered(context.turn, answer, {
      wanted: () => this.asking === abort,
      done: (head) => this.compare(head),
      failed: (failure) => {
        this.asking = null;
        if (failure.kind === "generation-changed") return this.events.generationChanged();
        this.backOff();
      },
    });
  }

  private compare(head: Head): void {
    this.asking = null;
    if (head.generation !== this.ticket?.generation) {
      this.events.generationChanged();
      return;
    }
    if (head.accessEpoch !== undefined && head.accessEpoch !== this.ticket.accessEpoch) {
      this.events.accessChanged();
      return;
    }
    if (head.match === true) {
      this.lacked = null;
      this.phantoms.forget();
      this.backOff();
      return;
    }
    if (head.match === null || head.state === null) {
      this.repair.pullNow();
      this.backOff();
      return;
    }
    if (!this.digest.verify()) {
      this.context.drops.drop("digest-misled");
      this.schedule(syncLimits.checkSoonMs);
      return;
    }
    const theirs = Coverage.fromSnapshotBytes(head.state);
    if (!theirs.ok) {
      this.context.drops.drop(`bad-head: ${theirs.problem}`);
      this.backOff();
      return;
    }
    this.settleDifference(theirs.value);
  }

  private settleDifference(theirs: Coverage): void {
    const now = this.context.clock.now();
    const ours = this.content.coverage();
    const lackingHere = theirs.missingFrom(ours);
    if (lackingHere.structs.length > 0) this.repair.pullFromStart();
    else if (lackingHere.deletes.length > 0) this.content.applyDeletions(lackingHere.deletes);
    const phantoms = this.phantoms.look(ours, theirs);
    if (phantoms === "overdue" && this.outbox.unsavedEdits === 0) {
      this.events.neverSaved();
      return;
    }
    if (this.ticket?.role === "reader") {
      // A reader cannot adopt; what only readers hold is not rescued.
      if (phantoms === "none") this.backOff();
      else this.schedule(durabilityLimits.orphanMs);
      return;
    }
    // Only what was here at the earlier check already has waited long enough.
    const stale = this.lacked !== null && now - this.lacked.at >= syncLimits.adoptAfterMs;
    const overdue = stale && this.lacked !== null ? this.lacked.held.missingFrom(theirs) : { structs: [], deletes: [] };
    if (!stale) this.lacked ??= { at: now, held: ours };
    else this.lacked = { at: now, held: ours };
    this.events.adopt(overdue);
    this.intervalMs = syncLimits.checkMsFirst;
    // Ranked by chance, so that one member adopts and the others see it done.
    const jitterMs = this.context.random.next() * syncLimits.adoptJitterMs;
    this.context.timers.set("check", syncLimits.adoptAfterMs + jitterMs, () => this.check());
  }

  private backOff(): void {
    this.schedule(this.intervalMs);
    this.intervalMs = Math.min(syncLimits.checkMsMax, this.intervalMs * 2);
  }
}
