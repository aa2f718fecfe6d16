/** First byte of a message; drafts begin with another one. */
const FORMAT = 2;
const QUESTION = 0;
const ANSWER = 1;
const MESSAGE_BYTES = 10;
/** Questions are answered no more often, whoever asks. */
const ANSWER_MS_MIN = 200;

/**
 * How long a message takes through the service to another client and back. One client is asked, and only that one
 * answers, so a large room stays quiet.
 */
export class Ping {
  private readonly send: (bytes: Uint8Array) => void;
  private readonly me: number;
  private asked: { readonly nonce: number; readonly at: number } | null = null;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private measuredMs: number | null = null;

  /** `me` is the client id that others see. */
  constructor(send: (bytes: Uint8Array) => void, me: number) {
    this.send = send;
    this.me = me;
  }

  /** Of the last question that was answered; null before. */
  get roundTripMs(): number | null {
    return this.measuredMs;
  }

  ask(whom: number, now: number): void {
    const [nonce = 0] = crypto.getRandomValues(new Uint32Array(1));
    this.asked = { nonce, at: now };
    this.send(encode(QUESTION, whom, nonce));
  }

  /** Nobody is there to be asked. */
  forget(): void {
    this.asked = null;
    this.measuredMs = null;
  }

  /** Takes bytes from the network. False: it is something else. */
  receive(bytes: Uint8Array, now: number): boolean {
    if (bytes.length !== MESSAGE_BYTES || bytes[0] !== FORMAT) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [kind, whom, nonce] = [view.getUint8(1), view.getUint32(2), view.getUint32(6)];
    if (kind === QUESTION && whom === this.me && now - this.answeredAt >= ANSWER_MS_MIN) {
      this.answeredAt = now;
      this.send(encode(ANSWER, 0, nonce));
    }
    if (kind === ANSWER && this.asked?.nonce === nonce) {
      this.measuredMs = now - this.asked.at;
      this.asked = null;
    }
    return true;
  }
}

function encode(kind: number, whom: number, nonce: number): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setUint8(1, kind);
  view.setUint32(2, whom);
  view.setUint32(6, nonce);
  return bytes;
}
