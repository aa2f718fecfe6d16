import { type Certificate, certificateSigningBytes, decodeCertificate } from "./certificate.ts";
import type { Context } from "./context.ts";
import { bytesEqual } from "./digest.ts";
import type { Identity } from "./identity.ts";
import { identityLimits, syncLimits } from "./limits.ts";
import type { Crypto, SessionId, Ticket } from "./ports.ts";
import type { SessionOwners } from "./session-owners.ts";

/** A member's signed card as it was published, to be handed on (PR6). */
export interface KeptCard {
  readonly counter: number;
  readonly bytes: Uint8Array;
}

interface Known {
  readonly certificate: Certificate;
  readonly bytes: Uint8Array;
  card: KeptCard | null;
  top: number;
  lastBye: number;
  lastCard: number;
  readonly recent: Set<number>;
}

export interface MembersParts {
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly sessionOwners: SessionOwners;
}

/** ID7: who the other sessions are: their certificates, checked once each. */
export class Members {
  private readonly context: Context;
  private readonly parts: MembersParts;
  private readonly known = new Map<SessionId, Known>();
  private ticket: Ticket | null = null;

  constructor(context: Context, parts: MembersParts) {
    this.context = context;
    this.parts = parts;
  }

  /** Certificates of another generation or access epoch are worthless from now on. */
  negotiated(ticket: Ticket): void {
    const before = this.ticket;
    this.ticket = ticket;
    if (before?.generation !== ticket.generation || before.accessEpoch !== ticket.accessEpoch) this.known.clear();
  }

  /** Null: it showed none, or it expired. */
  certificate(session: SessionId): Certificate | null {
    const found = this.known.get(session);
    return found !== undefined && !this.isExpired(found.certificate) ? found.certificate : null;
  }

  /** The bytes of what `certificate` answers. */
  certificateBytes(session: SessionId): Uint8Array | null {
    return this.known.get(session)?.bytes ?? null;
  }

  /** Everybody with a certificate. */
  get sessions(): readonly SessionId[] {
    return [...this.known.keys()];
  }

  /** ID7: resolves to what it says if the server signed it for this session here, else to null, counted. */
  async learn(session: SessionId, bytes: Uint8Array): Promise<Certificate | null> {
    const found = this.known.get(session);
    if (found !== undefined && bytesEqual(found.bytes, bytes)) return this.certificate(session);
    const { ticket } = this;
    const decoded = decodeCertificate(bytes);
    if (!decoded.ok || ticket === null) return this.refuse("bad-certificate");
    const { certificate, signature } = decoded.value;
    const isHere = certificate.generation === ticket.generation && certificate.accessEpoch === ticket.accessEpoch;
    if (certificate.session !== session || !isHere) return this.refuse("foreign-certificate");
    if (this.isExpired(certificate)) return this.refuse("certificate-expired");
    // A late card must not bring an older word back.
    if (found !== undefined && found.certificate.issuedAtMs > certificate.issuedAtMs)
      return this.refuse("old-certificate");
    const words = certificateSigningBytes(this.context.document, certificate);
    const { crypto, sessionOwners } = this.parts;
    if (!(await crypto.verify(ticket.serverKey, words, signature))) return this.refuse("bad-certificate");
    if (this.ticket !== ticket) return null;
    if (!sessionOwners.accepts({ session, userId: certificate.userId })) return this.refuse("foreign-session");
    this.keep(session, certificate, bytes);
    return certificate;
  }

  /** ID8: false: this signed frame came before, or is older than what is remembered. */
  isNew(session: SessionId, counter: number): boolean {
    const known = this.known.get(session);
    if (known === undefined) return false;
    if (known.recent.has(counter) || counter <= known.top - identityLimits.counterWindow) return false;
    known.recent.add(counter);
    known.top = Math.max(known.top, counter);
    for (const old of known.recent) if (old <= known.top - identityLimits.counterWindow) known.recent.delete(old);
    return true;
  }

  /** PR3: a bye is signed ahead of time, so its counter is old; each one counts once. */
  isNewBye(session: SessionId, counter: number): boolean {
    const known = this.known.get(session);
    if (known === undefined || counter <= known.lastBye) return false;
    known.lastBye = counter;
    return true;
  }

  /** PR6: a card is handed on for as long as it is the newest, however much its owner signed since. */
  isNewCard(session: SessionId, counter: number): boolean {
    const known = this.known.get(session);
    if (known === undefined || counter <= known.lastCard) return false;
    known.lastCard = counter;
    return true;
  }

  keepCard(session: SessionId, card: KeptCard): void {
    const known = this.known.get(session);
    if (known === undefined || (known.card !== null && known.card.counter >= card.counter)) return;
    known.card = card;
    known.lastCard = Math.max(known.lastCard, card.counter);
  }

  /** PR3: who left is shown again by a new card only, not by an old one that somebody hands on. */
  left(session: SessionId): void {
    const known = this.known.get(session);
    if (known !== undefined) known.card = null;
  }

  card(session: SessionId): KeptCard | null {
    return this.known.get(session)?.card ?? null;
  }

  private keep(session: SessionId, certificate: Certificate, bytes: Uint8Array): void {
    const before = this.known.get(session);
    this.known.delete(session);
    const fresh = { card: null, top: 0, lastBye: 0, lastCard: 0, recent: new Set<number>() };
    this.known.set(session, { ...fresh, ...before, certificate, bytes });
    if (this.known.size > syncLimits.sessionsMax) this.known.delete(this.known.keys().next().value ?? session);
  }

  private isExpired({ expiresAtMs }: Certificate): boolean {
    const now = this.parts.identity.serverNowMs;
    return now !== null && expiresAtMs + identityLimits.leewayMs < now;
  }

  private refuse(reason: string): null {
    this.context.turn.post(() => this.context.drops.drop(reason));
    return null;
  }
}
