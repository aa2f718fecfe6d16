import { applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { certifiedEntry } from "./certified-presence.ts";
import type { Claims } from "./claims.ts";
import type { Context } from "./context.ts";
import { presenceLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import { OwnEntry } from "./own-entry.ts";
import type { Pace } from "./pace.ts";
import type { Instant, SessionId, UserId } from "./ports.ts";
import type { Certificates, PresenceParts, PresenceRoom, PresenceTabs } from "./presence-parts.ts";
import type { Sender } from "./replica-contract.ts";
import { type AwarenessEntry, awarenessLimits, encodeEntries, validateAwareness } from "./validate-awareness.ts";

interface Heard {
  readonly session: SessionId;
  readonly userId: UserId;
}

type AwarenessChange = {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
};

/** PR1 to PR4: own entry out, others' entries in, on the core's clock. */
export class Presence {
  private readonly context: Context;
  private readonly line: Line;
  private readonly claims: Claims;
  private readonly pace: Pace;
  private readonly certificates: Certificates;
  private readonly tabs: PresenceTabs;
  private readonly room: PresenceRoom;
  private readonly own: OwnEntry;
  private readonly heard = new Map<number, Heard>();
  /** The last sign of life of each session that shows something. */
  private readonly aliveAt = new Map<SessionId, Instant>();
  private readonly movers = new Map<SessionId, Instant>();
  private changed: "no" | "yes" = "no";
  private sentAt: Instant | null = null;
  private readonly onUpdate = (change: AwarenessChange, origin: unknown): void => {
    if (origin === this.context.origin) return;
    const own = this.context.awareness.clientID;
    const mine = [...change.added, ...change.updated, ...change.removed].includes(own);
    if (mine) this.context.turn.post(() => this.ownChanged());
  };

  constructor(context: Context, parts: PresenceParts, room: PresenceRoom) {
    this.context = context;
    this.line = parts.line;
    this.claims = parts.claims;
    this.pace = parts.pace;
    this.certificates = parts.certificates;
    this.tabs = parts.tabs;
    this.room = room;
    this.own = new OwnEntry(context, parts.certificates);
    stopOwnTimer(context.awareness);
    context.awareness.on("update", this.onUpdate);
    this.scheduleRenewal();
  }

  destroy(): void {
    this.context.awareness.off("update", this.onUpdate);
  }

  /** The own entry now, whatever was sent before: after a join and as the answer to a hello. */
  takeWhole(): Uint8Array {
    const awareness = this.own.encode();
    this.markSent();
    return awareness;
  }

  /** Whether an entry of this session is among the states now. */
  shows(session: SessionId): boolean {
    return this.shownBy(session).length > 0;
  }

  /** PR2: what rides in the next edit frame. */
  take(): Uint8Array {
    if (this.changed === "no") return new Uint8Array(0);
    const bytes = this.own.encode();
    this.markSent();
    return bytes;
  }

  /** ID6: accepts what the sender's user may say; the rest is dropped and counted. False: these bytes are no presence. */
  receive(sender: Sender, awareness: Uint8Array, via: "room" | "tab" = "room"): boolean {
    this.alive(sender.session);
    if (awareness.length === 0) return true;
    const checked = validateAwareness(awareness, awarenessLimits);
    if (!checked.ok) {
      this.context.drops.drop(`invalid-presence: ${checked.problem}`);
      return false;
    }
    // TB1: what a tab of this user says is known to be this user's.
    const accepted = checked.entries
      .filter((entry) => this.isAcceptable(sender, entry, via))
      .map((entry) => (via === "tab" ? entry : this.certified(sender, entry)))
      .filter((entry) => entry !== null);
    if (accepted.length === 0) return true;
    // ID6: a session has one entry: what it said under another id is over.
    const shown = new Set(accepted.map(({ clientId }) => clientId));
    this.remove(this.shownBy(sender.session).filter((client) => !shown.has(client)));
    this.reclaim([...shown], sender);
    for (const { clientId, clock, state } of accepted) {
      // DU12: a duplicated tab goes on with the id, and with a clock of its own.
      const before = this.heard.get(clientId)?.session ?? sender.session;
      if (state !== null && before !== sender.session) this.forgetClock(clientId, clock);
      if (state === null) this.unhear(clientId);
      else this.heard.set(clientId, sender);
    }
    const now = this.context.clock.now();
    this.movers.set(sender.session, now);
    if (this.shows(sender.session)) this.aliveAt.set(sender.session, now);
    this.guarded(() => applyAwarenessUpdate(this.context.awareness, encodeEntries(accepted), this.context.origin));
    return true;
  }

  /** ID9: what others said under ids that turn out to be this user's. */
  reclaim(clients: readonly number[], { userId }: Sender): void {
    this.remove(clients.filter((client) => (this.heard.get(client)?.userId ?? userId) !== userId));
  }

  /** Any frame of a session is a sign of life of its entries. */
  alive(session: SessionId): void {
    if (this.aliveAt.has(session)) this.aliveAt.set(session, this.context.clock.now());
  }

  /** PR3. */
  left(session: SessionId): void {
    this.movers.delete(session);
    this.remove(this.shownBy(session));
  }

  /** PR4: nobody is known to be here, but the tabs beside this one. */
  allLeft(): void {
    this.movers.clear();
    const gone = [...this.heard].filter(([, { session }]) => !this.tabs.has(session));
    this.remove(gone.map(([client]) => client));
  }

  /** The own entry, without counting as sent to the room. */
  peek(): Uint8Array {
    return this.own.encode();
  }

  /** PR1: called now and then. */
  expire(): void {
    const now = this.context.clock.now();
    const gone = [...this.aliveAt].filter(([, at]) => now - at >= presenceLimits.expireMs).map(([session]) => session);
    for (const session of gone) {
      this.remove(this.shownBy(session));
      this.aliveAt.delete(session);
    }
  }

  private isAcceptable(sender: Sender, { clientId, clock }: AwarenessEntry, via: "room" | "tab"): boolean {
    const { awareness, drops } = this.context;
    // ID6: what nobody is known to own is shown for whoever says so first; a claim, or an announcement, ends that.
    const userId = this.claims.owner(clientId) ?? this.heard.get(clientId)?.userId ?? sender.userId;
    const isOwners = via === "tab" || userId === sender.userId;
    const problem =
      clientId === awareness.clientID || !isOwners
        ? "foreign-presence"
        : clock > (awareness.meta.get(clientId)?.clock ?? clock) + presenceLimits.clockLeapMax
          ? "presence-clock-leap"
          : !this.heard.has(clientId) && this.heard.size >= presenceLimits.clientsMax
            ? "too-many-present"
            : null;
    if (problem !== null) drops.drop(problem);
    return problem === null;
  }

  /** ID9: null: it claims what the server denies. */
  private certified(sender: Sender, entry: AwarenessEntry): AwarenessEntry | null {
    const certificate = this.certificates.of(sender.session);
    // Where the server certifies no names, peers may call themselves what they like.
    if (certificate === null && (this.certificates.own()?.name ?? "") === "") return entry;
    const certified = certifiedEntry(entry, certificate, sender.userId);
    if (certified.outcome === "accepted") return certified.entry;
    this.context.drops.drop("forged-presence");
    return null;
  }

  /** ID9: a certificate came after an entry: the entry is shown anew, as it is certified. */
  shownAgain(sender: Sender, awareness: Uint8Array): void {
    const { meta } = this.context.awareness;
    const checked = validateAwareness(awareness, awarenessLimits);
    for (const { clientId, clock } of checked.ok ? checked.entries : []) {
      const isTheirs = this.heard.get(clientId)?.session === sender.session;
      if (isTheirs && meta.get(clientId)?.clock === clock) this.forgetClock(clientId, clock);
    }
    this.receive(sender, awareness);
  }

  /** An entry with this clock counts as new. */
  private forgetClock(client: number, clock: number): void {
    const known = this.context.awareness.meta.get(client);
    if (known !== undefined) this.context.awareness.meta.set(client, { ...known, clock: clock - 1 });
  }

  private remove(clients: readonly number[]): void {
    if (clients.length === 0) return;
    const { awareness, origin } = this.context;
    for (const client of clients) this.unhear(client);
    this.guarded(() => removeAwarenessStates(awareness, [...clients], origin));
    // Who comes back says the same entry with the same clock: it must count as new.
    for (const client of clients) awareness.meta.delete(client);
  }

  private unhear(client: number): void {
    const session = this.heard.get(client)?.session;
    this.heard.delete(client);
    if (session !== undefined && !this.shows(session)) this.aliveAt.delete(session);
  }

  private shownBy(session: SessionId): readonly number[] {
    return [...this.heard].filter(([, heard]) => heard.session === session).map(([client]) => client);
  }

  /** y-protocols changes its states first and tells then: a listener that throws breaks neither them nor our turn. */
  private guarded(change: () => void): void {
    try {
      change();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.context.emit({ type: "connection-error", code: "observer-threw", message });
    }
  }

  private ownChanged(): void {
    this.changed = "yes";
    this.tabs.presenceChanged();
    this.scheduleRenewal();
    const { clock, timers } = this.context;
    const quietMs = this.sentAt === null ? Number.POSITIVE_INFINITY : clock.now() - this.sentAt;
    timers.setOnce("presence", Math.max(0, this.windowMs() - quietMs), () => this.publishChange());
  }

  private publishChange(): void {
    if (this.changed === "no" || !this.room.isHeard()) return;
    const { session, awareness } = this.context;
    this.line.publish({ kind: "presence", session, clientIds: [awareness.clientID], awareness: this.takeWhole() });
  }

  private windowMs(): number {
    const now = this.context.clock.now();
    for (const [session, at] of this.movers) if (now - at > presenceLimits.moverMs) this.movers.delete(session);
    return this.pace.presenceWindowMs(this.room.members(), this.movers.size);
  }

  private scheduleRenewal(): void {
    this.context.timers.set("presence-renewal", presenceLimits.renewMs, () => {
      const { awareness } = this.context;
      const state = awareness.getLocalState();
      // PR1: also without a listener: y-protocols counts the age of the own entry too.
      if (state !== null) awareness.setLocalState(state);
      this.scheduleRenewal();
    });
  }

  private markSent(): void {
    this.changed = "no";
    this.sentAt = this.context.clock.now();
    this.context.timers.clear("presence");
  }
}

/** PR1: the one place where a real timer is touched: it belongs to y-protocols, and was set before the core began. */
function stopOwnTimer(awareness: { readonly _checkInterval?: number | undefined }): void {
  // biome-ignore lint/style/noRestrictedGlobals: the timer is not the core's.
  if (awareness._checkInterval !== undefined) clearInterval(awareness._checkInterval);
}
