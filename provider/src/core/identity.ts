import { decodeCertificate, type SignedCertificate } from "./certificate.ts";
import type { Context } from "./context.ts";
import type { PeerFrame, SignedFrame } from "./frame.ts";
import { frameSigningBytes } from "./frame-signing.ts";
import { identityLimits } from "./limits.ts";
import type { Crypto, IdentityMode, Instant, SigningKey, Ticket } from "./ports.ts";

/** What the server gave this session to show. */
interface Paper {
  readonly ticket: Ticket;
  readonly signed: SignedCertificate;
  readonly at: Instant;
}

/** ID7, ID8: this session's key pair and certificate, and its signature under what it publishes. */
export class Identity {
  private readonly context: Context;
  private readonly crypto: Crypto;
  private readonly asked: IdentityMode;
  private making: Promise<void> | null = null;
  private key: SigningKey | null = null;
  private ticket: Ticket | null = null;
  private paper: Paper | null = null;
  private counter = 0;
  private waiting = 0;
  private tail: Promise<void> = Promise.resolve();
  private bye: SignedFrame | null = null;

  constructor(context: Context, crypto: Crypto, asked: IdentityMode) {
    this.context = context;
    this.crypto = crypto;
    this.asked = asked;
  }

  /** Makes the key pair, once a session. Never rejects: without one the session cannot sign. */
  ready(): Promise<void> {
    this.making ??= (this.crypto.makeKey?.() ?? Promise.resolve(null)).then(
      (key) => {
        this.key = key;
      },
      () => this.context.drops.drop("no-session-key"),
    );
    return this.making;
  }

  /** Raw Ed25519, 32 bytes; null: this session cannot sign. */
  get publicKey(): Uint8Array | null {
    return this.key?.publicKey ?? null;
  }

  /** Signed when either side asks for it. */
  get mode(): IdentityMode {
    return this.asked === "signed" || this.ticket?.identity === "signed" ? "signed" : "stamped";
  }

  get canSign(): boolean {
    return this.key !== null && this.paper?.signed.certificate.key !== null && this.paper !== null;
  }

  /** Null: the server gives none. */
  get certificate(): SignedCertificate | null {
    return this.paper?.signed ?? null;
  }

  get certificateBytes(): Uint8Array | null {
    return this.paper?.ticket.certificate ?? null;
  }

  /** The server's wall clock now, as far as the certificate tells; null: unknown. */
  get serverNowMs(): number | null {
    if (this.paper === null) return null;
    return this.paper.signed.certificate.issuedAtMs + (this.context.clock.now() - this.paper.at);
  }

  negotiated(ticket: Ticket): void {
    this.ticket = ticket;
    const bytes = ticket.certificate ?? null;
    const decoded = bytes === null ? null : decodeCertificate(bytes);
    if (decoded !== null && !decoded.ok) this.context.drops.drop(`own-certificate: ${decoded.problem}`);
    const signed = decoded?.ok === true ? decoded.value : null;
    this.paper = signed === null ? null : { ticket, signed, at: this.context.clock.now() };
    if (this.mode === "signed" && !this.canSign) {
      const message =
        "Frames must be signed here, and this session cannot: WebCrypto without Ed25519, or an old server.";
      this.context.emit({ type: "connection-error", code: "signing-unavailable", message });
    }
  }

  /** ID8: signs in the order of asking; `done` comes on the replica's turn. "full": too many wait. */
  seal(frame: PeerFrame, done: (sealed: SignedFrame) => void): "accepted" | "full" {
    const { key, ticket } = this;
    if (key === null || ticket === null || this.waiting >= identityLimits.signingMax) return "full";
    this.counter++;
    this.waiting++;
    const { counter } = this;
    const { document, turn } = this.context;
    const words = frameSigningBytes({ document, generation: ticket.generation }, counter, frame);
    const signing = key.sign(words).then(
      (signature) => ({ kind: "signed", counter, inner: frame, signature }) as const,
      () => null,
    );
    this.tail = this.tail.then(async () => {
      const sealed = await signing;
      this.waiting--;
      if (sealed === null) this.context.drops.drop("not-signed");
      else turn.post(() => done(sealed));
    });
    return "accepted";
  }

  /** A page that goes away cannot wait for a signature: the bye is signed when the session joins. */
  prepareBye(): void {
    this.seal({ kind: "bye", session: this.context.session }, (sealed) => {
      this.bye = sealed;
    });
  }

  /** PR3: once. */
  takeBye(): SignedFrame | null {
    const { bye } = this;
    this.bye = null;
    return bye;
  }
}
