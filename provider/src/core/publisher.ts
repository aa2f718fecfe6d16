import { assert } from "./assert.ts";
import { chunksOf } from "./chunks.ts";
import type { Context } from "./context.ts";
import { syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { mergeAll } from "./merge.ts";
import type { Batch, Outbox } from "./outbox.ts";
import type { Pace } from "./pace.ts";
import type { DocumentMode, Instant, Receipt } from "./ports.ts";
import type { Room } from "./room.ts";
import { liveLimits, validateUpdate } from "./validate-update.ts";

export interface PublisherEvents {
  /** Batches got their numbers. `urgent`: others see them only once they are stored (SY5, AU2): they must go up now. */
  readonly batched: (urgent: boolean, batches: readonly Batch[]) => void;
  /** SY15: false in signed mode: nobody could adopt what came in pieces (DU8). */
  readonly mayChunk: () => boolean;
  /** PR2: the own presence entry if it changed and was not sent yet, else empty. Asking counts as sending. */
  readonly takePresence: () => Uint8Array;
}

/** SY4 to SY7, AU2, AU3: when local edits leave the line, and in which frames. */
export class Publisher {
  private readonly context: Context;
  private readonly outbox: Outbox;
  private readonly line: Line;
  private readonly room: Room;
  private readonly pace: Pace;
  private readonly events: PublisherEvents;
  private state: "closed" | "open" = "closed";
  private mode: DocumentMode = "direct";
  /** SY15: whether the last upload, or reading the log, failed. */
  private server: "reachable" | "gone" = "reachable";
  /** SY15: of the batches up to this one, large ones went in chunks. */
  private chunkedTo = 0;
  /** SY15: last numbers of batches that no edit frame carried: too large, or parts of an edit that was. */
  private readonly unpublished = new Set<number>();
  /** AU3: the newest of this session. */
  private receipt: Receipt | null = null;
  private lastAt: Instant | null = null;
  private leaving: "no" | "soon" = "no";
  /** The highest batch that no frame carried; 0: none. */
  private owed = 0;
  private asked: { readonly seqFrom: number; readonly seqTo: number } | null = null;

  constructor(
    context: Context,
    parts: { outbox: Outbox; line: Line; room: Room; pace: Pace },
    events: PublisherEvents,
  ) {
    this.context = context;
    this.outbox = parts.outbox;
    this.line = parts.line;
    this.room = parts.room;
    this.pace = parts.pace;
    this.events = events;
  }

  /** After the join: what is unreceipted goes out; from now on windows do. */
  open(mode: DocumentMode): void {
    this.mode = mode;
    if (this.state === "open") return;
    this.state = "open";
    this.closeWindow();
    this.republish();
  }

  /** Edits are numbered still, and published after the next `open`. */
  shut(): void {
    this.state = "closed";
    this.context.timers.clear("tail");
  }

  /** SY5: the first edit after a quiet line leaves with its own task, the next ones with the window. */
  edited(): void {
    const { clock, timers } = this.context;
    const quietMs = this.lastAt === null ? Number.POSITIVE_INFINITY : clock.now() - this.lastAt;
    const windowMs = this.pace.editWindowMs(this.room.size);
    if (quietMs >= windowMs) this.closeWindowSoon();
    else timers.setOnce("window", windowMs - quietMs, () => this.closeWindow());
  }

  /** When the caller is done: editors move the caret after the edit, and both fit into one frame. */
  private closeWindowSoon(): void {
    if (this.leaving === "soon") return;
    this.leaving = "soon";
    void Promise.resolve().then(() => this.context.turn.post(() => this.closeWindow()));
  }

  /** Numbers the open window, and publishes it if anybody listens. */
  closeWindow(): void {
    this.context.timers.clear("window");
    this.leaving = "no";
    const batches = this.outbox.close();
    const batch = batches.at(-1);
    if (batch === undefined) return;
    this.lastAt = this.context.clock.now();
    if (this.mode === "authoritative") {
      this.events.batched(this.listeners(), batches);
      return;
    }
    const large = batches.length > 1 || isLarge(batch);
    if (large) {
      this.owed = batch.seqTo;
      for (const { seqTo } of batches) this.unpublished.add(seqTo);
    } else if (this.listeners()) this.publish(batch);
    this.events.batched(large, batches);
    if (large && this.server === "gone") this.serverGone();
  }

  /** SY4: everything unreceipted, in as few frames as it takes; a tail when there is nothing, or not all could go. */
  republish(): void {
    if (!this.listeners() || this.outbox.seq === 0) return;
    if (this.mode === "authoritative") {
      this.publishTail();
      if (this.outbox.unsaved.length > 0) this.events.batched(true, []);
      return;
    }
    const groups = liveGroups(this.outbox.unsaved);
    for (const group of groups.frames) this.publish(group);
    if (this.server === "gone") this.publishChunks(this.outbox.unsaved.filter(isLarge));
    if (groups.frames.length === 0 || groups.rest) this.publishTail();
  }

  /** SY8: an author answers asks with the batches it still holds, all asks of a second at once. */
  answerAsk(seqFrom: number, seqTo: number): void {
    const asked = this.asked ?? { seqFrom, seqTo };
    this.asked = { seqFrom: Math.min(asked.seqFrom, seqFrom), seqTo: Math.max(asked.seqTo, seqTo) };
    const wait = this.context.random.next() * syncLimits.helloAnswerEveryMs;
    this.context.timers.setOnce("ask", wait, () => this.publishAsked());
  }

  /** SY5: what could not travel live is durable now. */
  stored(upload: { seqFrom: number; seqTo: number; upload: number; hash: Uint8Array }, receipt: Receipt): void {
    this.receipt = receipt;
    this.server = "reachable";
    for (const seqTo of this.unpublished) if (seqTo <= upload.seqTo) this.unpublished.delete(seqTo);
    if (this.mode === "authoritative") {
      if (this.listeners()) this.context.timers.setOnce("tail", syncLimits.tailMs, () => this.publishTail());
      return;
    }
    if (this.owed === 0 || this.owed > upload.seqTo) return;
    this.owed = 0;
    if (this.listeners()) this.line.publish({ kind: "pointer", session: this.context.session, ...upload });
  }

  /** SY15: what cannot travel live cannot go up either. */
  serverGone(): void {
    this.server = "gone";
    if (!this.listeners() || this.mode === "authoritative") return;
    const waiting = this.outbox.unsaved.filter(({ seqTo }) => seqTo > this.chunkedTo);
    this.chunkedTo = Math.max(this.chunkedTo, this.publishChunks(waiting));
  }

  private publishAsked(): void {
    const { asked } = this;
    this.asked = null;
    if (asked === null || !this.listeners() || this.mode === "authoritative") return;
    const wanted = this.outbox.unsaved.filter((batch) => batch.seqTo >= asked.seqFrom && batch.seqFrom <= asked.seqTo);
    for (const group of liveGroups(wanted).frames) this.publish(group);
    this.publishChunks(wanted.filter(isLarge));
  }

  /** SY15: what no edit frame carried, in chunks, oldest first. Answers the last batch that was looked at; 0: none. */
  private publishChunks(batches: readonly Batch[]): number {
    if (!this.events.mayChunk()) return 0;
    const { session } = this.context;
    let left: number = syncLimits.chunksMax;
    let done = 0;
    for (const { seqFrom, seqTo, update } of batches) {
      const small = this.unpublished.has(seqTo) ? [update] : [];
      const parts = isLarge({ update }) ? chunksOf(update) : small;
      for (const [index, part] of parts?.entries() ?? []) {
        const place = { seqFrom, seqTo, index, count: parts?.length ?? 0 };
        if (left === 0 || this.line.publish({ kind: "chunk", session, ...place, update: part }) !== "accepted")
          return done;
        left--;
        this.context.timers.set("tail", syncLimits.tailMs, () => this.publishTail());
      }
      done = seqTo;
    }
    return done;
  }

  private listeners(): boolean {
    // SY6: alone nothing is published.
    return this.state === "open" && !this.room.isAlone;
  }

  private publish({ seqFrom, seqTo, update }: Pick<Batch, "seqFrom" | "seqTo" | "update">): void {
    const { session, timers } = this.context;
    const awareness = this.events.takePresence();
    const published = this.line.publish({ kind: "edit", session, seqFrom, seqTo, update, awareness });
    if (published !== "accepted") this.owed = seqTo;
    timers.set("tail", syncLimits.tailMs, () => this.publishTail());
  }

  /** SY7. AU3: the author's word counts for nothing there, the server's under a receipt does. */
  private publishTail(): void {
    if (!this.listeners()) return;
    const { session } = this.context;
    if (this.mode === "direct") this.line.publish({ kind: "tail", session, seq: this.outbox.seq });
    else if (this.receipt !== null) {
      const { upload, hash, cursor, seqTo, signature } = this.receipt;
      this.line.publish({ kind: "receipt", session, upload, hash, cursor, seqTo, signature });
    }
  }
}

/** SY5: what an update weighs against one live frame; null: it must not travel live. */
function liveWeight(update: Uint8Array): { readonly bytes: number; readonly structs: number } | null {
  if (update.length > syncLimits.frameBytesMax) return null;
  const checked = validateUpdate(update, liveLimits);
  if (!checked.ok || checked.summary.structCount > syncLimits.frameStructsMax) return null;
  return { bytes: update.length, structs: checked.summary.structCount };
}

function isLarge({ update }: Pick<Batch, "update">): boolean {
  return liveWeight(update) === null;
}

type Group = Pick<Batch, "seqFrom" | "seqTo" | "update">;

/** Neighbouring batches merged as long as they fit into a frame; `rest`: not all of them could be. */
function liveGroups(batches: readonly Batch[]): { readonly frames: readonly Group[]; readonly rest: boolean } {
  const groups: Batch[][] = [];
  let room = { bytes: 0, structs: 0 };
  let rest = false;
  for (const batch of batches) {
    const weight = liveWeight(batch.update);
    if (weight === null) {
      rest = true;
      room = { bytes: 0, structs: 0 };
      continue;
    }
    room = { bytes: room.bytes - weight.bytes, structs: room.structs - weight.structs };
    const last = groups.at(-1);
    if (last !== undefined && room.bytes >= 0 && room.structs >= 0) {
      last.push(batch);
      continue;
    }
    if (groups.length === syncLimits.answerFramesMax) return { frames: groups.map(merged), rest: true };
    groups.push([batch]);
    room = { bytes: syncLimits.frameBytesMax - weight.bytes, structs: syncLimits.frameStructsMax - weight.structs };
  }
  return { frames: groups.map(merged), rest };
}

function merged(batches: readonly Batch[]): Group {
  const first = batches[0];
  const last = batches.at(-1);
  assert(first !== undefined && last !== undefined, "a group has a batch");
  return { seqFrom: first.seqFrom, seqTo: last.seqTo, update: mergeAll(batches.map(({ update }) => update)) };
}
