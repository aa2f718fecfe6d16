import { assert } from "./assert.ts";
import type { Context } from "./context.ts";
import { syncLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { mergeAll } from "./merge.ts";
import type { Batch, Outbox } from "./outbox.ts";
import type { Pace } from "./pace.ts";
import type { Instant } from "./ports.ts";
import type { Room } from "./room.ts";
import { liveLimits, validateUpdate } from "./validate-update.ts";

export interface PublisherEvents {
  /** A batch got its number. `large`: it cannot travel live and must go up now (SY5). */
  readonly batched: (large: boolean, batches: readonly Batch[]) => void;
  /** PR2: the own presence entry if it changed and was not sent yet, else empty. Asking counts as sending. */
  readonly takePresence: () => Uint8Array;
}

/** SY4 to SY7: when local edits leave the line, and in which frames. */
export class Publisher {
  private readonly context: Context;
  private readonly outbox: Outbox;
  private readonly line: Line;
  private readonly room: Room;
  private readonly pace: Pace;
  private readonly events: PublisherEvents;
  private state: "closed" | "open" = "closed";
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
  open(): void {
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
    const large = batches.length > 1 || liveWeight(batch.update) === null;
    if (large) this.owed = batch.seqTo;
    else if (this.listeners()) this.publish(batch);
    this.events.batched(large, batches);
  }

  /** SY4: everything unreceipted, in as few frames as it takes; a tail when there is nothing, or not all could go. */
  republish(): void {
    if (!this.listeners() || this.outbox.seq === 0) return;
    const groups = liveGroups(this.outbox.unsaved);
    for (const group of groups.frames) this.publish(group);
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
  stored(upload: { seqFrom: number; seqTo: number; upload: number; hash: Uint8Array }): void {
    if (this.owed === 0 || this.owed > upload.seqTo) return;
    this.owed = 0;
    if (this.listeners()) this.line.publish({ kind: "pointer", session: this.context.session, ...upload });
  }

  private publishAsked(): void {
    const { asked } = this;
    this.asked = null;
    if (asked === null || !this.listeners()) return;
    const wanted = this.outbox.unsaved.filter((batch) => batch.seqTo >= asked.seqFrom && batch.seqFrom <= asked.seqTo);
    for (const group of liveGroups(wanted).frames) this.publish(group);
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

  /** SY7. */
  private publishTail(): void {
    if (this.listeners()) this.line.publish({ kind: "tail", session: this.context.session, seq: this.outbox.seq });
  }
}

/** SY5: what an update weighs against one live frame; null: it must not travel live. */
function liveWeight(update: Uint8Array): { readonly bytes: number; readonly structs: number } | null {
  if (update.length > syncLimits.frameBytesMax) return null;
  const checked = validateUpdate(update, liveLimits);
  if (!checked.ok || checked.summary.structCount > syncLimits.frameStructsMax) return null;
  return { bytes: update.length, structs: checked.summary.structCount };
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
