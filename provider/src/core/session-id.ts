import type { Random, SessionId, UserId } from "./ports.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const sessionBytes = 12;
const sessionPattern = /^[A-Za-z0-9_-]{16}$/;

/** A session from outside (a query, a JSON body, a token), or null when it is none. */
export function parseSessionId(text: string): SessionId | null {
  return sessionPattern.test(text) ? (text as SessionId) : null;
}

/** A new session. `random` must be of cryptographic quality outside simulations. */
export function makeSessionId(random: Random): SessionId {
  return sessionFromBytes(Uint8Array.from({ length: sessionBytes }, () => Math.floor(random.next() * 256)));
}

/** Exactly 12 bytes. */
export function sessionFromBytes(bytes: Uint8Array): SessionId {
  let text = "";
  for (let at = 0; at < sessionBytes; at += 3) {
    const word = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (const shift of [18, 12, 6, 0]) text += alphabet.charAt((word >> shift) & 63);
  }
  return text as SessionId;
}

export function sessionToBytes(session: SessionId): Uint8Array {
  const bytes = new Uint8Array(sessionBytes);
  for (let group = 0; group < 4; group++) {
    let word = 0;
    for (let at = 0; at < 4; at++) word = (word << 6) | alphabet.indexOf(session.charAt(group * 4 + at));
    bytes.set([(word >> 16) & 255, (word >> 8) & 255, word & 255], group * 3);
  }
  return bytes;
}

/** ID2: what the service stamps on each frame. */
export function senderName(session: SessionId, userId: UserId): string {
  return `${session}.${userId}`;
}

/** ID2: session and user of a `fromUserId`, or null when it was not made by `senderName`. */
export function parseSender(fromUserId: string): { readonly session: SessionId; readonly userId: UserId } | null {
  const session = parseSessionId(fromUserId.slice(0, 16));
  if (session === null || fromUserId.charAt(16) !== "." || fromUserId.length < 18) return null;
  return { session, userId: fromUserId.slice(17) as UserId };
}
