import { assert, unreachable } from "./assert.ts";
import { backoffMs } from "./backoff.ts";
import { type Context, whenAnswered } from "./context.ts";
import { bytesEqual } from "./digest.ts";
import { type FrozenUpload, freezeBatches, freezePart, wireBatch } from "./frozen-upload.ts";
import { durabilityLimits, syncLimits } from "./limits.ts";
import { mergeAll } from "./merge.ts";
import type { Outbox } from "./outbox.ts";
import type { ClockRange, Failure, Instant, Receipt, Ticket } from "./ports.ts";
import { splitUpdate } from "./split.ts";
import { unblockedBatches } from "./unblocked.ts";

export interface UploadEvents {
  /** Closes the open window, so that its edits are part of what goes up. */
  readonly closeWindow: () => void;
  /** SY10: whether the room must be told by the server. */
  readonly mustAnnounce: () => boolean;
  /** DU7: an update with what this replica holds of the ranges; `foreign`: with those of other users' clients too. */
  readonly supply: (
    ranges: readonly ClockRange[],
    foreign: boolean,
  ) => { update: Uint8Array; adoption: boolean } | null;
  readonly stored: (upload: FrozenUpload, receipt: Receipt) => void;
  readonly generationChanged: () => void;
  /** Pull the log: what the server missed may be known there by now. */
  readonly suspectLog: () => void;
}

type State =
  /** Not compared yet, or nobody may upload. */
  | { readonly phase: "closed" }
  | { readonly phase: "resting" }
  | { readonly phase: "sending"; readonly upload: FrozenUpload; readonly abort: AbortController }
  /** The last try failed; the same bytes go again (DU2). */
  | { readonly phase: "failed"; readonly upload: FrozenUpload; readonly problem: string };

/** DU1 to DU4, DU7: one upload at a time, frozen until its receipt. */
export class Uploads {
  private readonly context: Context;
  private readonly outbox: Outbox;
  private readonly events: UploadEvents;
  private state: State = { phase: "closed" };
  private mode: "running" | "last-try" = "running";
  private ticket: Ticket | null = null;
  private lastNumber = 0;
  private attempt = 0;
  private missingSince: Instant | null = null;
  /** DU8: others' edits that the server lacks, in parts of an upload's size, waiting for their turn. */
  private adoption: readonly Uint8Array[] = [];

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
    if (this.state.phase === "failed") {
      this.retrySoon(0);
      return;
    }
    this.edited();
  }

  /** Nothing is sent any more; an upload under way is given up, its bytes stay unsaved. */
  close(): void {
    if (this.state.phase === "sending") this.state.abort.abort();
    this.state = { phase: "closed" };
    this.clearTimers();
  }

  /** After `disconnect()`: once more, then nothing until `open`. */
  sendOnce(): void {
    this.rest();
    this.send();
  }

  /** CN4: nothing goes up by itself until `open`. */
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
    this.adoption = splitUpdate(update, this.uploadBytesMax());
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
    const [update, ...later] = this.adoption;
    if (update === undefined) return;
    // All own batches are receipted here: that is what its seqTo says.
    const batch = { seqFrom: this.outbox.seq, seqTo: this.outbox.seq, update, edits: 0 };
    const upload = freezeBatches([batch], this.nextNumber(), this.uploadBytesMax());
    this.adoption = later;
    this.transmit({ ...upload, adoption: true }, false);
  }

  private transmit(upload: FrozenUpload, keepalive: boolean): void {
    assert(this.ticket !== null, "uploads open with a ticket");
    const { server, document, session, turn, timers } = this.context;
    timers.clear("upload-retry");
    const abort = new AbortController();
    const state: State = { phase: "sending", upload, abort };
    this.state = state;
    const batch = wireBatch(upload, session, this.events.mustAnnounce());
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
    this.missingSince = null;
    this.state = { phase: "resting" };
    this.outbox.receipted(upload.seqTo); // DU4: never the read cursor
    this.events.stored(upload, receipt);
    // What came meanwhile has waited for this one already.
    if (this.outbox.unsaved.length > 0 || this.adoption.length > 0) this.freeze();
    else this.edited();
  }

  private fail(upload: FrozenUpload, failure: Failure): void {
    switch (failure.kind) {
      case "unreachable":
      case "store-full":
        this.retryLater(upload, failure.message, failure.retryAfterMs ?? 0);
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
      case "invalid":
      case "refused":
        if (upload.adoption && upload.edits === 0) {
          this.abandon();
          return;
        }
        this.context.emit({ type: "connection-error", code: failure.code, message: failure.message });
        this.retryLater(this.refrozen(upload), failure.message, durabilityLimits.retryMsMax);
        return;
      case "cursor-gone":
        this.retryLater(upload, failure.message, 0);
        return;
      default:
        throw unreachable(failure);
    }
  }

  /** DU7: own ranges are added at once; those of others after a while (DU8). Till then goes what does not need them. */
  private supplyMissing(upload: FrozenUpload, ranges: readonly ClockRange[]): void {
    const now = this.context.clock.now();
    this.missingSince ??= now;
    this.events.suspectLog();
    const foreign = now - this.missingSince >= syncLimits.adoptAfterMs;
    const supplied = this.events.supply(ranges, foreign);
    const free = unblockedBatches(this.outbox.unsaved, ranges);
    const first = this.attempt === 0;
    if (supplied !== null) {
      const next = this.renumbered(upload, mergeAll([supplied.update, upload.update]));
      if (next.update.length > this.uploadBytesMax()) {
        // A server that lost much is brought up part by part; the last ones make `upload` applicable.
        const part = freezePart(supplied.update, upload.seqFrom - 1, this.nextNumber(), this.uploadBytesMax());
        this.transmit({ ...part, adoption: supplied.adoption }, false);
        return;
      }
      const complete = { ...next, adoption: upload.adoption || supplied.adoption };
      // A first try goes at once; if the server still misses something, with pauses.
      this.attempt++;
      if (first) this.transmit(complete, false);
      else this.retryLater(complete, "the server lacks ranges", 0);
    } else if (free.length > 0 && free.length < this.outbox.unsaved.length) {
      this.transmit(freezeBatches(free, this.nextNumber(), this.uploadBytesMax()), false);
    } else this.retryLater(upload, "the server lacks what these edits build on", 0);
  }

  private abandon(): void {
    this.context.drops.drop("adoption-refused");
    this.adoption = [];
    this.attempt = 0;
    this.state = { phase: "resting" };
    this.edited();
  }

  private retryLater(upload: FrozenUpload, problem: string, notBeforeMs: number): void {
    const { retryMsFirst, retryMsMax } = durabilityLimits;
    const wait = backoffMs(this.context.random, this.attempt, { msFirst: retryMsFirst, msMax: retryMsMax });
    this.attempt++;
    this.state = { phase: "failed", upload, problem };
    this.retrySoon(Math.max(wait, notBeforeMs));
  }

  private retrySoon(delayMs: number): void {
    if (this.mode === "running") this.context.timers.set("upload-retry", delayMs, () => this.send());
  }

  /** DU2: other bytes, or a spent number: the next number. */
  private renumbered(upload: FrozenUpload, update: Uint8Array): FrozenUpload {
    const batch = { seqFrom: upload.seqFrom, seqTo: upload.seqTo, update, edits: upload.edits };
    const next = freezeBatches([batch], this.nextNumber(), this.uploadBytesMax());
    return { ...next, adoption: upload.adoption };
  }

  /** Refused bytes: later edits join them; perhaps the reason is gone by then. */
  private refrozen(upload: FrozenUpload): FrozenUpload {
    const { unsaved } = this.outbox;
    return unsaved.length === 0 ? upload : freezeBatches(unsaved, this.nextNumber(), this.uploadBytesMax());
  }

  private clearTimers(): void {
    for (const name of ["upload-quiet", "upload-age", "upload-retry"] as const) this.context.timers.clear(name);
  }

  private nextNumber(): number {
    this.lastNumber++;
    return this.lastNumber;
  }

  private uploadBytesMax(): number {
    return this.ticket?.uploadBytesMax ?? durabilityLimits.keepaliveBytesMax;
  }
}
