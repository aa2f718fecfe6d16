import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import type { Claims } from "./claims.ts";
import type { Context } from "./context.ts";
import { presenceLimits } from "./limits.ts";
import type { Line } from "./line.ts";
import type { Instant, SessionId } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";
import { type AwarenessEntry, awarenessLimits, validateAwareness } from "./validate-awareness.ts";

const nothing: Uint8Array = new Uint8Array(0);

interface Heard {
  readonly session: SessionId;
  readonly at: Instant;
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
  private readonly listeners: () => boolean;
  private readonly heard = new Map<number, Heard>();
  private readonly movers = new Map<SessionId, Instant>();
  private changed: "no" | "yes" = "no";
  private sentAt: Instant | null = null;
  private readonly onUpdate = (change: AwarenessChange, origin: unknown): void => {
    if (origin === this.context.origin) return;
    const own = this.context.awareness.clientID;
    const mine = [...change.added, ...change.updated, ...change.removed].includes(own);
    if (mine) this.context.turn.post(() => this.ownChanged());
  };

  /** `listeners`: whether anybody would hear the own entry now. */
  constructor(context: Context, line: Line, claims: Claims, listeners: () => boolean) {
    this.context = context;
    this.line = line;
    this.claims = claims;
    this.listeners = listeners;
    stopOwnTimer(context.awareness);
    context.awareness.on("update", this.onUpdate);
    this.scheduleRenewal();
  }

  destroy(): void {
    this.context.awareness.off("update", this.onUpdate);
  }

  /** The own entry now, whatever was sent before: after a join and as the answer to a hello. */
  publish(clientIds: readonly number[]): void {
    const awareness = this.encodeOwn();
    this.markSent();
    this.line.publish({ kind: "presence", session: this.context.session, clientIds, awareness });
  }

  /** PR2: what rides in the next edit frame. */
  take(): Uint8Array {
    if (this.changed === "no") return nothing;
    const bytes = this.encodeOwn();
    this.markSent();
    return bytes;
  }

  /** ID6: accepts what the sender's user may say; the rest is dropped and counted. */
  receive(sender: Sender, awareness: Uint8Array): void {
    const now = this.context.clock.now();
    for (const [client, heard] of this.heard) {
      if (heard.session === sender.session) this.heard.set(client, { ...heard, at: now });
    }
    if (awareness.length === 0) return;
    const checked = validateAwareness(awareness, awarenessLimits);
    if (!checked.ok) {
      this.context.drops.drop(`invalid-presence: ${checked.problem}`);
      return;
    }
    const accepted = checked.entries.filter((entry) => this.isAcceptable(sender, entry));
    if (accepted.length === 0) return;
    for (const { clientId, state } of accepted) {
      if (state === null) this.heard.delete(clientId);
      else this.heard.set(clientId, { session: sender.session, at: now });
    }
    this.movers.set(sender.session, now);
    this.guarded(() => applyAwarenessUpdate(this.context.awareness, encodeEntries(accepted), this.context.origin));
  }

  /** Any frame of a session is a sign of life of its entries. */
  alive(session: SessionId): void {
    const at = this.context.clock.now();
    for (const [client, heard] of this.heard) if (heard.session === session) this.heard.set(client, { session, at });
  }

  /** PR3. */
  left(session: SessionId): void {
    this.movers.delete(session);
    this.remove([...this.heard].filter(([, heard]) => heard.session === session).map(([client]) => client));
  }

  /** PR4: nobody is known to be here. */
  allLeft(): void {
    this.movers.clear();
    this.remove([...this.heard.keys()]);
  }

  /** PR1: called now and then. */
  expire(): void {
    const now = this.context.clock.now();
    this.remove(
      [...this.heard].filter(([, heard]) => now - heard.at >= presenceLimits.expireMs).map(([client]) => client),
    );
  }

  private isAcceptable(sender: Sender, { clientId, clock }: AwarenessEntry): boolean {
    const { awareness, drops } = this.context;
    const problem =
      clientId === awareness.clientID || this.claims.owner(clientId) !== sender.userId
        ? "foreign-presence"
        : clock > (awareness.meta.get(clientId)?.clock ?? clock) + presenceLimits.clockLeapMax
          ? "presence-clock-leap"
          : !this.heard.has(clientId) && this.heard.size >= presenceLimits.clientsMax
            ? "too-many-present"
            : null;
    if (problem !== null) drops.drop(problem);
    return problem === null;
  }

  private remove(clients: readonly number[]): void {
    if (clients.length === 0) return;
    const { awareness, origin } = this.context;
    for (const client of clients) this.heard.delete(client);
    this.guarded(() => removeAwarenessStates(awareness, [...clients], origin));
    // Who comes back says the same entry with the same clock: it must count as new.
    for (const client of clients) awareness.meta.delete(client);
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
    this.scheduleRenewal();
    const { clock, timers } = this.context;
    const quietMs = this.sentAt === null ? Number.POSITIVE_INFINITY : clock.now() - this.sentAt;
    timers.setOnce("presence", Math.max(0, this.windowMs() - quietMs), () => this.publishChange());
  }

  private publishChange(): void {
    if (this.changed === "no" || !this.listeners()) return;
    this.publish([this.context.awareness.clientID]);
  }

  private windowMs(): number {
    const now = this.context.clock.now();
    for (const [session, at] of this.movers) if (now - at > presenceLimits.moverMs) this.movers.delete(session);
    return Math.min(presenceLimits.windowMsMax, presenceLimits.windowMs * (this.movers.size + 1));
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

  private encodeOwn(): Uint8Array {
    const { awareness, drops } = this.context;
    if (!awareness.meta.has(awareness.clientID)) return nothing;
    const bytes = encodeAwarenessUpdate(awareness, [awareness.clientID]);
    if (bytes.length <= presenceLimits.entryBytesMax) return bytes;
    drops.drop("own-presence-too-large");
    return nothing;
  }
}

/** PR1: the one place where a real timer is touched: it belongs to y-protocols, and was set before the core began. */
function stopOwnTimer(awareness: { readonly _checkInterval?: number | undefined }): void {
  // biome-ignore lint/style/noRestrictedGlobals: the timer is not the core's.
  if (awareness._checkInterval !== undefined) clearInterval(awareness._checkInterval);
}

function encodeEntries(entries: readonly AwarenessEntry[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, entries.length);
  for (const { clientId, clock, state } of entries) {
    encoding.writeVarUint(encoder, clientId);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
  }
  return encoding.toUint8Array(encoder);
}
