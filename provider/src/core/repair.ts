import { assert, unreachable } from "./assert.ts";
import { backoffMs } from "./backoff.ts";
import type { Content } from "./content.ts";
import { type Context, whenAnswered } from "./context.ts";
import { syncLimits } from "./limits.ts";
import type { Cursor, Failure, Instant, LogPage, SessionId, SnapshotBody, SnapshotRef, Ticket } from "./ports.ts";

export interface Pulled {
  /** There were entries. */
  readonly news: boolean;
  /** A gap was waiting for them. */
  readonly filled: boolean;
  readonly tookMs: number;
}

export interface RepairEvents {
  /** The log is applied up to its head. */
  readonly caughtUp: (pull: Pulled) => void;
  /** This pull failed and is tried again by itself. */
  readonly failed: (failure: Failure) => void;
  readonly generationChanged: () => void;
  /** Whether the session is in the room now. */
  readonly isHere: (session: SessionId) => boolean;
}

type Pull =
  | { readonly phase: "resting" }
  | {
      readonly phase: "pulling";
      /** `snapshot`: nothing more, until a pull is asked for. */
      readonly until: "head" | "snapshot";
      readonly abort: AbortController;
      readonly again: boolean;
      readonly news: boolean;
      readonly begunAt: Instant;
    };

/** SY8: reads snapshot and log, one pull in flight, and owns the read cursor. */
export class Repair {
  private readonly context: Context;
  private readonly content: Content;
  private readonly events: RepairEvents;
  private pull: Pull = { phase: "resting" };
  private ticket: Ticket | null = null;
  private position: Cursor | null = null;
  /** What to load first while there is no position. */
  private snapshot: SnapshotRef | null = null;
  private failures = 0;
  private gapTries = 0;

  constructor(context: Context, content: Content, events: RepairEvents) {
    this.context = context;
    this.content = content;
    this.events = events;
  }

  /** The read position; null before anything was read. */
  get cursor(): Cursor | null {
    return this.position;
  }

  get isPulling(): boolean {
    return this.pull.phase === "pulling";
  }

  /** From now on pulls are possible. */
  start(ticket: Ticket): void {
    this.ticket = ticket;
    this.snapshot = ticket.snapshot;
  }

  stop(): void {
    if (this.pull.phase === "pulling") this.pull.abort.abort();
    this.pull = { phase: "resting" };
    this.context.timers.clear("pull");
    this.context.timers.clear("gap");
  }

  /** SY1: a snapshot cannot change: it is loaded while the service is dialled, and the log is read after the join. */
  prefetch(): void {
    if (this.position === null && this.snapshot !== null && this.pull.phase === "resting") this.begin("snapshot");
  }

  /** Reads the log once more from here on; a pull under way is followed by another. */
  pullNow(): void {
    if (this.ticket === null) return;
    this.context.timers.clear("pull");
    if (this.pull.phase === "resting") this.begin("head");
    else if (this.pull.until === "snapshot") this.pull = { ...this.pull, until: "head" };
    else this.pull = { ...this.pull, again: true };
  }

  /** What is being read of the log is not waited for: it may lack something. A snapshot cannot. */
  giveUpLog(): void {
    if (this.pull.phase === "resting" || this.pull.until === "head") this.stop();
  }

  private begin(until: "head" | "snapshot"): void {
    const begunAt = this.context.clock.now();
    this.pull = { phase: "pulling", until, abort: new AbortController(), again: false, news: false, begunAt };
    this.readOn();
  }

  /** SY9: what is lacking here is loaded anew: everything the server has. */
  pullFromStart(): void {
    this.position = null;
    this.snapshot = null;
    this.pullNow();
  }

  /** SY8: hints make many replicas pull at once: spread them a little. */
  pullSoon(delayMs: number): void {
    if (this.ticket === null) return;
    this.context.timers.setOnce("pull", delayMs * (0.5 + this.context.random.next() / 2), () => this.pullNow());
  }

  /** SY8: something is missing. Waits for reordering first. */
  gapFound(): void {
    if (this.content.gaps.openCount > 0) this.context.timers.setOnce("gap", this.gapWaitMs(), () => this.pullForGap());
  }

  private pullForGap(): void {
    if (this.content.gaps.openCount === 0) return;
    this.gapTries++;
    this.pullNow();
    this.gapFound();
  }

  private gapWaitMs(): number {
    const wait = syncLimits.gapRetryMs[this.gapTries] ?? syncLimits.checkMsMax;
    return this.gapTries === 0 ? wait : wait * (1 + this.context.random.next() / 2);
  }

  private readOn(): void {
    const { ticket, pull } = this;
    assert(ticket !== null && pull.phase === "pulling", "reading needs a ticket and a pull");
    if (this.position === null && this.snapshot !== null) {
      this.readSnapshot(this.snapshot);
      return;
    }
    const after = this.position ?? ("" as Cursor);
    this.ask(this.context.server.log(this.context.document, ticket.generation, after, pull.abort.signal), (page) =>
      this.applyPage(page, after),
    );
  }

  private applyPage(page: LogPage, after: Cursor): void {
    if (page.generation !== this.ticket?.generation) {
      this.events.generationChanged();
      return;
    }
    for (const entry of page.entries) this.content.applyEntry(entry);
    this.position = page.next;
    if (page.entries.length > 0 && this.pull.phase === "pulling") this.pull = { ...this.pull, news: true };
    if (page.more && page.next !== after) {
      this.readOn();
      return;
    }
    // SY2: the baseline speaks of the head, so it counts when the head is reached.
    this.content.gaps.baseline(page.sessions);
    this.finish();
  }

  private readSnapshot(ref: SnapshotRef): void {
    const { pull } = this;
    assert(pull.phase === "pulling", "a snapshot is read within a pull");
    this.ask(this.context.server.snapshot(this.context.document, ref, pull.abort.signal), (body) =>
      this.applySnapshot(body),
    );
  }

  private applySnapshot(body: SnapshotBody): void {
    if (body.generation !== this.ticket?.generation) {
      this.events.generationChanged();
      return;
    }
    if (!this.content.applySnapshot(body)) {
      this.fail({ kind: "unreachable", message: "the snapshot does not match its hash", retryAfterMs: null });
      return;
    }
    this.position = body.cursor;
    assert(this.pull.phase === "pulling", "a snapshot is applied within a pull");
    if (this.pull.until === "snapshot") {
      this.pull = { phase: "resting" };
      return;
    }
    this.pull = { ...this.pull, news: true };
    this.readOn();
  }

  private ask<T>(answer: Promise<T>, done: (value: T) => void): void {
    assert(this.pull.phase === "pulling", "questions belong to a pull");
    const { abort } = this.pull;
    const wanted = (): boolean => this.pull.phase === "pulling" && this.pull.abort === abort;
    whenAnswered(this.context.turn, answer, { wanted, done, failed: (failure) => this.fail(failure) });
  }

  private finish(): void {
    assert(this.pull.phase === "pulling", "a pull ends once");
    const { again, news, begunAt } = this.pull;
    this.pull = { phase: "resting" };
    this.failures = 0;
    if (this.gapTries >= syncLimits.gapRetryMs.length) this.content.giveUp(this.events.isHere);
    const filled = this.gapTries > 0 && this.content.gaps.openCount === 0;
    if (this.content.gaps.openCount === 0) {
      this.gapTries = 0;
      this.context.timers.clear("gap");
    }
    this.events.caughtUp({ news, filled, tookMs: this.context.clock.now() - begunAt });
    if (again) this.pullNow();
    else this.gapFound();
  }

  private fail(failure: Failure): void {
    if (this.pull.phase === "pulling" && this.pull.until === "snapshot") {
      // The join tries again, and the log names another snapshot if this one is gone.
      this.pull = { phase: "resting" };
      if (failure.kind === "refused") this.snapshot = null;
      return;
    }
    switch (failure.kind) {
      case "generation-changed":
        this.stop();
        this.events.generationChanged();
        return;
      case "cursor-gone":
        this.position = null;
        this.snapshot = failure.snapshot;
        // Once a pull: a log that ends before its own snapshot is asked again, but not at once.
        if (failure.snapshot !== null && this.pull.phase === "pulling" && !this.pull.news) {
          this.readSnapshot(failure.snapshot);
          return;
        }
        this.retry(failure, 0);
        return;
      case "unreachable":
      case "store-full":
        this.retry(failure, failure.retryAfterMs ?? 0);
        return;
      case "refused":
        // A snapshot that is gone has a successor; the log names it (cursor-gone).
        this.snapshot = null;
        if (failure.code === "snapshot-gone")
          this.retry({ kind: "unreachable", message: failure.message, retryAfterMs: null }, 0);
        else this.retry(failure, 0);
        return;
      case "missing":
      case "upload-conflict":
      case "session-taken":
      case "user-changed":
      case "overlap":
      case "invalid":
        this.retry(failure, 0);
        return;
      default:
        throw unreachable(failure);
    }
  }

  private retry(failure: Failure, notBeforeMs: number): void {
    this.pull = { phase: "resting" };
    const wait = backoffMs(this.context.random, this.failures, {
      msFirst: syncLimits.pollMsFirst,
      msMax: syncLimits.pollMsMax,
    });
    this.failures++;
    this.context.timers.set("pull", Math.max(wait, notBeforeMs), () => this.pullNow());
    this.events.failed(failure);
  }
}
