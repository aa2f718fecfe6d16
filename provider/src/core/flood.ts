import type { Context } from "./context.ts";
import { floodLimits } from "./limits.ts";
import type { Instant, SessionId } from "./ports.ts";

interface Account {
  frames: number;
  bytes: number;
  applyMs: number;
  strikes: number;
  filledAt: Instant;
  mutedUntil: Instant | null;
}

/** ID10: what one session may send and cost here. Whoever exceeds it is not heard for a while; the log has the rest. */
export class Flood {
  private readonly context: Context;
  private readonly accounts = new Map<SessionId, Account>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Whether a frame of this session is heard; counted either way. */
  admits(session: SessionId, bytes: number): boolean {
    const account = this.account(session);
    if (account.mutedUntil !== null) {
      this.context.drops.drop("flood");
      return false;
    }
    account.frames--;
    account.bytes -= bytes;
    if (account.frames >= 0 && account.bytes >= 0) return true;
    this.mute(account);
    this.context.drops.drop("flood");
    return false;
  }

  /** Main-thread time that a frame of the session took. */
  charge(session: SessionId, ms: number): void {
    const account = this.account(session);
    account.applyMs -= ms;
    if (account.applyMs < 0) this.mute(account);
  }

  /** Bytes that no honest member sends. */
  strike(session: SessionId): void {
    const account = this.account(session);
    account.strikes++;
    if (account.strikes >= floodLimits.strikesMax) this.mute(account);
  }

  private mute(account: Account): void {
    if (account.mutedUntil === null) this.context.drops.drop("member-muted");
    account.mutedUntil = (this.context.clock.now() + floodLimits.muteMs) as Instant;
  }

  private account(session: SessionId): Account {
    const now = this.context.clock.now();
    const account = this.accounts.get(session) ?? full(now);
    this.accounts.delete(session);
    this.accounts.set(session, account);
    if (this.accounts.size > floodLimits.accountsMax) {
      this.accounts.delete(this.accounts.keys().next().value ?? session);
    }
    if (account.mutedUntil !== null && now >= account.mutedUntil) Object.assign(account, full(now));
    const seconds = (now - account.filledAt) / 1_000;
    account.filledAt = now;
    account.frames = Math.min(floodLimits.framesBurst, account.frames + seconds * floodLimits.framesPerSecond);
    account.bytes = Math.min(floodLimits.bytesBurst, account.bytes + seconds * floodLimits.bytesPerSecond);
    account.applyMs = Math.min(floodLimits.applyMsBurst, account.applyMs + seconds * floodLimits.applyMsPerSecond);
    return account;
  }
}

function full(now: Instant): Account {
  const { framesBurst: frames, bytesBurst: bytes, applyMsBurst: applyMs } = floodLimits;
  return { frames, bytes, applyMs, strikes: 0, filledAt: now, mutedUntil: null };
}
