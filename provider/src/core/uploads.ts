import { Adoption } from "./adoption.ts";
import { assert, unreachable } from "./assert.ts";
import { retryMs } from "./backoff.ts";
import { type Context, whenAnswered } from "./context.ts";
import { bytesEqual } from "./digest.ts";
import { type FrozenUpload, freezeBatches, freezePart, freezeProven, renumber, wireBatch } from "./frozen-upload.ts";
import { durabilityLimits, syncLimits } from "./limits.ts";
import { mergeWhole } from "./merge.ts";
import type { Outbox } from "./outbox.ts";
import type { ClockRange, Failure, Instant, Receipt, Ticket } from "./ports.ts";
import type { ProvenBatch } from "./signed-batches.ts";
import { unblockedBatches } from "./unblocked.ts";
import type { UploadEvents } from "./upload-events.ts";
import type { UploadState } from "./upload-state.ts";

/** DU1 to DU4, DU7: one upload at a time, frozen until its receipt. */
export class Uploads {
  private readonly context: Context;
  private readonly outbox: Outbox;
  private readonly events: UploadEvents;
  private state: UploadState = { phase: "closed" };
  private mode: "running" | "last-try" = "running";
  private ticket: Ticket | null = null;
  private lastNumber = 0;
  private attempt = 0;
  private missingSince: Instant | null = null;
  private readonly adoption = new Adoption();

  constructor(context: Context, outbox: Outbox, events: UploadEvents) {
    this.context = context;
    this.outbox = outbox;
    this.events = events;
  }

  get isFailing(): boolean {
    return this.state.phase === "failed" || this.attempt > 0;
  }

  get isClosed(): boolean {
    return this.state.phase === "closed";
  }

  /** The join has compared the contents (DU6) and the role may write. */
  open(ticket: Ticket): void {
    this.ticket = ticket;
    this.mode = "running";
    if (this.state.phase === "closed") this.state = { phase: "resting" };
    if (this.state.phase === "failed") this.retrySoon(0);
    else this.edited();
  }

  /** Nothing is sent any more; an upload under way is given up, its bytes stay unsaved. */
  close(): void {
    if (this.state.phase === "sending") this.state.abort.abort();
    this.state = { phase: "closed" };
    this.clearTimers();
  }

  /** CN4: nothing goes up by itself until `open`; after `disconnect()` followed by one last `send`. */
  rest(): void {
    this.mode = "last-try";
    this.clearTimers();
  }

  /** After `destroy()`: what is under way may arrive, nobody waits for it. */
  letGo(): void {
    this.state = { phase: "closed" };
  }

  /** DU1: silence, age and size decide when unsaved edits go up. */
  edited(): void {
    if (this.state.phase !== "resting" || this.mode === "last-try" || this.outbox.unsavedEdits === 0) return;
    if (this.outbox.unsavedBytes >= durabilityLimits.uploadBytes) {
      this.send();
      return;
    }
    this.context.timers.set("upload-quiet", durabilityLimits.uploadQuietMs, () => this.send());
    this.context.timers.setOnce("upload-age", durabilityLimits.uploadAgeMsMax, () => this.send());
  }

  /** Sends what is unsaved now, if nothing is under way; a failed upload is tried again at once. */
  send(): void {
    if (this.state.phase === "resting") this.freeze();
    else if (this.state.phase === "failed") this.transmit(this.state.upload, false);
  }

  /**
   * DU1: the end is near: one request that may outlive the page, under a new number, because an upload under way may die
   * with the page and the next one cannot follow it in time. `page-leaves`: what does not fit into it would surely be
   * lost on the way, so only the oldest go; the others follow if the page comes back.
   */
  sendLast(why: "page-leaves" | "destroyed"): void {
    if (this.state.phase === "closed") return;
    this.events.closeWindow();
    if (this.outbox.unsaved.length === 0) return;
    if (this.state.phase === "sending") this.state.abort.abort();
    const { keepaliveBytesMax } = durabilityLimits;
    const bytesMax = this.uploadBytesMax();
    const most = why === "page-leaves" ? Math.min(bytesMax, keepaliveBytesMax) : bytesMax;
    const upload = freezeBatches(this.outbox.unsaved, this.nextNumber(), most);
    this.transmit(upload, upload.update.length <= keepaliveBytesMax);
  }

  /** SY9, DU8. */
  adopt(update: Uint8Array): void {
    this.adoption.take(update, this.uploadBytesMax());
    if (this.state.phase === "resting") this.freeze();
  }

  adoptProven(batches: readonly ProvenBatch[]): void {
    this.adoption.takeProven(batches);
    if (this.state.phase === "resting") this.freeze();
  }

  private freeze(): void {
    this.clearTimers();
    this.events.closeWindow();
    const { unsaved } = this.outbox;
    if (unsaved.length > 0) {
      this.transmit(freezeBatches(unsaved, this.nextNumber(), this.uploadBytesMax()), false);
      return;
    }
    if (this.adoption.isEmpty) return;
    const upload = this.adoption.next(this.receiptedSeq, this.nextNumber(), this.uploadBytesMax());
    if (upload !== null) this.transmit(upload, false);
  }

  private transmit(upload: FrozenUpload, keepalive: boolean): void {
    assert(this.ticket !== null, "uploads open with a ticket");
    const { server, document, session, turn, timers } = this.context;
    timers.clear("upload-retry");
    const abort = new AbortController();
    const state: UploadState = { phase: "sending", upload, abort };
    this.state = state;
    const batch = wireBatch(upload, session, this.ticket.mode, this.events);
    const answer = server.upload(document, this.ticket.generation, batch, { keepalive }, abort.signal);
    whenAnswered(turn, answer, {
      wanted: () => this.state === state,
      done: (receipt) => this.receive(upload, receipt),
      failed: (failure) => this.fail(upload, failure),
    });
  }

  private receive(upload: FrozenUpload, receipt: Receipt): void {
    const { session, drops } = this.context;
    const matches =
      receipt.session === session && receipt.upload === upload.number && bytesEqual(receipt.hash, upload.hash);
    if (!matches || receipt.generation !== this.ticket?.generation) {
      drops.drop("foreign-receipt");
      this.retryLater(upload, "the receipt is of another upload", 0);
      return;
    }
    this.attempt = 0;
    // DU8: an absent author's batches follow one another; nobody has to wait anew for each.
    if (!upload.adoption) this.missingSince = null;
    this.state = { phase: "resting" };
    this.outbox.receipted(upload.seqTo); // DU4: never the read cursor
    this.events.stored(upload, receipt);
    if (this.outbox.unsaved.length > 0 || !this.adoption.isEmpty) this.freeze();
    else this.edited();
  }

  private fail(upload: FrozenUpload, failure: Failure): void {
    switch (failure.kind) {
      case "unreachable":
      case "store-full":
      case "cursor-gone":
      case "user-changed":
        this.retryLater(upload, failure.message, "retryAfterMs" in failure ? (failure.retryAfterMs ?? 0) : 0);
        this.events.delayed();
        return;
      case "missing":
        this.supplyMissing(upload, failure.ranges);
        return;
      case "generation-changed":
        this.close();
        this.events.generationChanged();
        return;
      case "upload-conflict":
        this.retryLater(this.renumbered(upload, upload.update), failure.message, 0);
        return;
      case "session-taken":
        this.events.sessionTaken();
        return;
      case "overlap":
        this.overlapped(upload);
        return;
      case "invalid":
      case "refused":
        if (upload.adoption && upload.edits === 0) this.abandon();
        else if (failure.code === "foreign-client" && !upload.adoption && this.events.mayAdopt()) {
          // DU6: nobody knew yet whose all of it is.
          this.retryLater({ ...this.renumbered(upload, upload.update), adoption: true }, failure.message, 0);
        } else if (failure.code === "foreign-client" && this.attempt > 0) this.events.disowned(upload.update);
        else {
          this.context.emit({ type: "connection-error", code: failure.code, message: failure.message });
          this.retryLater(this.refrozen(upload), failure.message, durabilityLimits.retryMsMax);
          if (failure.kind === "refused") this.events.accessChanged();
        }
        return;
      default:
        throw unreachable(failure);
    }
  }

  /** DU12: the log is read, which compares; what it does not hold then goes again. */
  private overlapped(upload: FrozenUpload): void {
    this.events.suspectLog();
    if (upload.adoption && upload.edits === 0) this.abandon();
    else this.retryLater(this.renumbered(upload, this.events.trimmed(upload.update)), "the log may hold these", 0);
  }

  /** DU7: own ranges are added at once; those of others after a while (DU8). Till then goes what does not need them. */
  private supplyMissing(upload: FrozenUpload, ranges: readonly ClockRange[]): void {
    const now = this.context.clock.now();
    this.missingSince ??= now;
    const foreign = now - this.missingSince >= syncLimits.adoptAfterMs;
    const { unsaved } = this.outbox;
    const free = unblockedBatches(unsaved, ranges);
    // What a signed batch builds on goes before it, never with it: merged it would be signed no more.
    const signed = upload.proof !== null;
    const proven = foreign ? this.events.proven(ranges)[0] : undefined;
    const isFree = free.length > 0 && (signed ? proven === undefined : free.length < unsaved.length);
    const supplied = signed && isFree ? null : this.events.supply(ranges, foreign);
    if (supplied !== null) {
      const whole = mergeWhole([supplied.update, upload.update]);
      if (signed || whole === null || whole.length > this.uploadBytesMax()) {
        // A server that lost much is brought up part by part; the last ones make `upload` applicable.
        const part = freezePart(supplied.update, this.receiptedSeq, this.nextNumber(), this.uploadBytesMax());
        this.transmit({ ...part, adoption: supplied.adoption }, false);
      } else {
        const adoption = upload.adoption || supplied.adoption;
        this.onceAtOnce({ ...this.renumbered(upload, whole), adoption }, "the server lacks ranges");
      }
    } else if (isFree) {
      this.transmit(freezeBatches(free, this.nextNumber(), this.uploadBytesMax()), false);
    } else if (proven !== undefined) {
      // Signed by its author; what builds on it goes again once it is stored.
      const part = freezeProven(proven, this.receiptedSeq, this.nextNumber(), this.uploadBytesMax());
      this.onceAtOnce(part, "the server lacks an author's batch");
    } else if (!this.events.orphaned(ranges, now - this.missingSince))
      this.retryLater(upload, "the server lacks what these edits build on", 0);
  }

  /** A first try goes at once; if the server still misses something, with pauses. */
  private onceAtOnce(upload: FrozenUpload, problem: string): void {
    this.attempt++;
    if (this.attempt === 1) this.transmit(upload, false);
    else this.retryLater(upload, problem, 0);
  }

  private abandon(): void {
    this.context.drops.drop("adoption-refused");
    this.adoption.clear();
    // Own edits that wait for it go on with pauses.
    if (this.outbox.unsaved.length === 0) this.attempt = 0;
    this.state = { phase: "resting" };
    this.edited();
  }

  private retryLater(upload: FrozenUpload, problem: string, notBeforeMs: number): void {
    const wait = retryMs(this.context.random, this.attempt++);
    this.state = { phase: "failed", upload, problem };
    this.retrySoon(Math.max(wait, notBeforeMs));
  }

  private retrySoon(delayMs: number): void {
    if (this.mode === "running") this.context.timers.set("upload-retry", delayMs, () => this.send());
  }

  /** DU2: other bytes, or a spent number: the next number. */
  private renumbered(upload: FrozenUpload, update: Uint8Array): FrozenUpload {
    return renumber(upload, update, this.nextNumber(), this.uploadBytesMax());
  }

  /** Refused bytes: later edits join them; perhaps the reason is gone by then. */
  private refrozen(upload: FrozenUpload): FrozenUpload {
    const { unsaved } = this.outbox;
    return unsaved.length === 0 ? upload : freezeBatches(unsaved, this.nextNumber(), this.uploadBytesMax());
  }

  private clearTimers(): void {
    for (const name of ["upload-quiet", "upload-age", "upload-retry"] as const) this.context.timers.clear(name);
  }

  /** What a part that covers no own batch says. */
  private get receiptedSeq(): number {
    return (this.outbox.unsaved[0]?.seqFrom ?? this.outbox.seq + 1) - 1;
  }

  private nextNumber(): number {
    return ++this.lastNumber;
  }

  private uploadBytesMax(): number {
    return this.ticket?.uploadBytesMax ?? durabilityLimits.keepaliveBytesMax;
  }
}
