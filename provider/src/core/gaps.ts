import { syncLimits } from "./limits.ts";
import type { SessionId, StoredSession } from "./ports.ts";

export interface Gap {
  readonly session: SessionId;
  readonly seqFrom: number;
  readonly seqTo: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Watch {
  /** Every batch up to this one is applied. */
  mark: number;
  /** The highest batch heard of. */
  known: number;
  /** Applied beyond the mark, ascending, apart from one another. */
  beyond: readonly Span[];
}

/** SY8, SY12: which batches of each session this replica has applied, and which it only heard of. */
export class Gaps {
  private readonly watches = new Map<SessionId, Watch>();
  private readonly own: SessionId;

  constructor(own: SessionId) {
    this.own = own;
  }

  /** SY12. */
  seen(session: SessionId, seqTo: number): boolean {
    const watch = this.watches.get(session);
    return watch !== undefined && seqTo <= watch.mark;
  }

  knows(session: SessionId): boolean {
    return this.watches.has(session);
  }

  /** Batches up to `seq` exist. */
  hint(session: SessionId, seq: number): void {
    const watch = this.watch(session);
    if (watch !== null) watch.known = Math.max(watch.known, seq);
  }

  /** SY8: sessions that are not here any more may never upload what is missing; those that come back say it again. */
  giveUp(isHere: (session: SessionId) => boolean): void {
    for (const [session, watch] of this.watches) {
      if (isHere(session)) continue;
      watch.known = watch.mark;
      watch.beyond = [];
    }
  }

  /** These batches are applied. */
  add(session: SessionId, seqFrom: number, seqTo: number): void {
    const watch = this.watch(session);
    if (watch === null) return;
    watch.known = Math.max(watch.known, seqTo);
    watch.beyond = joined(watch.beyond, { from: seqFrom, to: seqTo });
    settle(watch);
  }

  /** SY2: everything up to `seq` was in the log, which is applied. */
  baseline(sessions: readonly StoredSession[]): void {
    for (const { session, seq } of sessions) {
      const watch = this.watch(session);
      if (watch === null) continue;
      watch.mark = Math.max(watch.mark, seq);
      watch.known = Math.max(watch.known, seq);
      settle(watch);
    }
  }

  open(): readonly Gap[] {
    const gaps: Gap[] = [];
    for (const [session, watch] of this.watches) {
      let from = watch.mark + 1;
      for (const span of watch.beyond) {
        if (span.from > from) gaps.push({ session, seqFrom: from, seqTo: span.from - 1 });
        from = span.to + 1;
      }
      if (watch.known >= from) gaps.push({ session, seqFrom: from, seqTo: watch.known });
    }
    return gaps;
  }

  get openCount(): number {
    let count = 0;
    for (const watch of this.watches.values()) if (watch.known > watch.mark) count++;
    return count;
  }

  private watch(session: SessionId): Watch | null {
    if (session === this.own) return null;
    const found = this.watches.get(session);
    if (found !== undefined) return found;
    if (this.watches.size >= syncLimits.sessionsMax) this.forgetOne();
    const watch: Watch = { mark: 0, known: 0, beyond: [] };
    this.watches.set(session, watch);
    return watch;
  }

  /** The session watched longest that misses nothing, else simply the longest. */
  private forgetOne(): void {
    let victim: SessionId | null = null;
    for (const [session, watch] of this.watches) {
      victim ??= session;
      if (watch.known > watch.mark) continue;
      victim = session;
      break;
    }
    if (victim !== null) this.watches.delete(victim);
  }
}

/** Moves the mark over what touches it. */
function settle(watch: Watch): void {
  for (const span of watch.beyond) {
    if (span.from <= watch.mark + 1) watch.mark = Math.max(watch.mark, span.to);
  }
  watch.beyond = watch.beyond.filter((span) => span.to > watch.mark);
}

function joined(spans: readonly Span[], added: Span): readonly Span[] {
  const apart = spans.filter((span) => span.to + 1 < added.from || span.from > added.to + 1);
  const touching = spans.filter((span) => span.to + 1 >= added.from && span.from <= added.to + 1);
  const from = Math.min(added.from, ...touching.map((span) => span.from));
  const to = Math.max(added.to, ...touching.map((span) => span.to));
  const sorted = [...apart, { from, to }].sort((left, right) => left.from - right.from);
  // Beyond the bound the highest are forgotten: they are a gap again, and the log has them.
  return sorted.slice(0, syncLimits.outOfOrderMax);
}
