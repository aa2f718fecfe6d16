import { type Certificate, certificateSigningBytes, encodeCertificate } from "../certificate.ts";
import { bytesEqual, sha256 } from "../digest.ts";
import type { Crypto, DocumentId, SessionCard, SigningKey, UserId } from "../ports.ts";

/** Test support: what stands behind each public key. */
const secrets = new Map<string, Uint8Array>();

/** A key pair that behaves as Ed25519 does to those who know no secrets: one-way, and over every byte. */
function keyPair(name: string): SigningKey {
  const secret = sha256(new TextEncoder().encode(`secret ${name}`));
  const publicKey = sha256(secret);
  secrets.set(publicKey.join(), secret);
  return { publicKey, sign: (message) => Promise.resolve(signed(secret, message)) };
}

function signed(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const first = sha256(Uint8Array.from([...secret, ...message]));
  return Uint8Array.from([...first, ...sha256(first)]);
}

const server = keyPair("server");

/** Test support: the server's public key, raw. */
export const serverKey: Uint8Array = server.publicKey;

/** Test support: the deterministic twin of Ed25519. Each world has its own, so that keys repeat. */
export function twinCrypto(): Crypto {
  let made = 0;
  return {
    verify: (key, message, signature) => {
      const secret = secrets.get(key.join());
      return Promise.resolve(secret !== undefined && bytesEqual(signed(secret, message), signature));
    },
    makeKey: () => Promise.resolve(keyPair(`session ${++made}`)),
  };
}

/** Test support: what a server writes for a session. */
export function certificateFor(userId: UserId, card: SessionCard, words: Partial<Certificate> = {}): Uint8Array {
  const certificate: Certificate = {
    ...{ session: card.session, userId, role: "writer", name: `${userId} the real`, color: "#112233" },
    ...{ clients: card.clientIds, generation: 1, accessEpoch: 1, key: card.key ?? null },
    ...{ issuedAtMs: 1_000_000, expiresAtMs: 1_000_000 + 3_600_000 },
    ...words,
  };
  const secret = secrets.get(serverKey.join()) ?? new Uint8Array(0);
  const signature = signed(secret, certificateSigningBytes("doc" as DocumentId, certificate));
  return encodeCertificate({ certificate, signature });
}
