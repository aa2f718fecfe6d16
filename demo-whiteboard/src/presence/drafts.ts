import type { Point } from "../canvas/camera.ts";
import { limits } from "../limits.ts";
import type { InkPoint } from "../model/points.ts";
import type { Box, BoxShape, LineShape, Shape, Style } from "../model/schema.ts";
import { type DraftMessage, decodeDraft, encodeDraft, inkDraft, lineDraft } from "./draft-message.ts";

interface Draft {
  readonly from: string;
  readonly author: number;
  shape: Shape;
  points: readonly InkPoint[];
  heardAt: number;
}

/** What others are drawing right now. A draft ends when its shape arrives, its author leaves, or nobody continues it. */
export class RemoteDrafts {
  private readonly drafts = new Map<string, Draft>();
  private readonly has: (id: string) => boolean;

  /** `has` tells whether the document holds a shape of this id. */
  constructor(has: (id: string) => boolean) {
    this.has = has;
  }

  /** Takes bytes from the network; what is not a draft is ignored. Answers whether the picture changed. */
  receive(from: string, bytes: Uint8Array, now: number): boolean {
    const message = decodeDraft(bytes);
    if (!message || this.has(message.id)) return false;
    const known = this.drafts.get(message.id);
    if (known && known.from !== from) return false;
    if (message.kind === "cancel") return this.drafts.delete(message.id);
    if (!known && !this.roomFor(from)) return false;
    if (message.kind === "ink") this.extend(message, known, from, now);
    else {
      const { id, author } = message;
      this.drafts.set(id, { from, author, shape: shapeOf(message), points: [], heardAt: now });
    }
    return true;
  }

  /** Drops drafts that ended. `present` holds the client ids of the people who are here. */
  prune(present: ReadonlySet<number>, now: number): void {
    for (const [id, draft] of this.drafts) {
      const idle = now - draft.heardAt >= limits.draftIdleMs;
      if (idle || this.has(id) || !present.has(draft.author)) this.drafts.delete(id);
    }
  }

  view(): readonly Shape[] {
    return [...this.drafts.values()].map((draft) => draft.shape);
  }

  private extend(message: DraftMessage & { kind: "ink" }, known: Draft | undefined, from: string, now: number): void {
    const { id, author, style, measured, highlight } = message;
    // A lost message leaves a straight piece, a repeated one changes nothing: the committed stroke replaces all of it.
    const kept = known?.points ?? [];
    const points = [...kept, ...message.points.slice(Math.max(0, kept.length - message.first))];
    if (points.length > limits.strokePointsMax) return;
    const shape = inkDraft(id, style, { points, measured, highlight });
    this.drafts.set(id, { from, author, shape, points, heardAt: now });
  }

  private roomFor(from: string): boolean {
    const ofSender = [...this.drafts.values()].filter((draft) => draft.from === from).length;
    return this.drafts.size < limits.draftsMax && ofSender < limits.draftsPerSenderMax;
  }
}

function shapeOf(message: Exclude<DraftMessage, { kind: "ink" | "cancel" }>): Shape {
  const { id, style } = message;
  if ("from" in message) return lineDraft(id, message.kind, style, [message.from, message.to]);
  return { id, type: message.kind, box: message.box, z: "", by: "", ...style };
}

/** Sends this tab's own draft while it is drawn: new points or the newest box, at most every `everyMs()`. */
export class DraftSender {
  private readonly send: (bytes: Uint8Array) => void;
  private readonly author: number;
  private readonly everyMs: () => number;
  private waiting: (() => DraftMessage | null) | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sentPoints = 0;

  constructor(send: (bytes: Uint8Array) => void, author: number, everyMs: () => number) {
    this.send = send;
    this.author = author;
    this.everyMs = everyMs;
  }

  begin(): void {
    this.sentPoints = 0;
    this.waiting = null;
  }

  /** `points` is the whole stroke in the world; only what is new of it travels. */
  ink(
    id: string,
    style: Style,
    points: readonly InkPoint[],
    { measured, highlight }: { readonly measured: boolean; readonly highlight: boolean },
  ): void {
    this.soon(() => {
      const first = this.sentPoints;
      const fresh = points.slice(first);
      if (fresh.length === 0) return null;
      this.sentPoints = points.length;
      return { kind: "ink", id, author: this.author, style, first, measured, highlight, points: fresh };
    });
  }

  box(id: string, kind: BoxShape["type"], style: Style, box: Box): void {
    this.soon(() => ({ kind, id, author: this.author, style, box }));
  }

  line(id: string, kind: LineShape["type"], style: Style, from: Point, to: Point): void {
    this.soon(() => ({ kind, id, author: this.author, style, from, to }));
  }

  /** The draft was committed: others drop it when the shape arrives. */
  end(): void {
    this.waiting = null;
  }

  /** The draft came to nothing: others drop it now. */
  cancel(id: string): void {
    this.waiting = null;
    this.send(encodeDraft({ kind: "cancel", id, author: this.author }));
  }

  dispose(): void {
    this.waiting = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private soon(message: () => DraftMessage | null): void {
    this.waiting = message;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const due = this.waiting?.();
      this.waiting = null;
      if (due) this.send(encodeDraft(due));
    }, this.everyMs());
  }
}
