import * as encoding from "lib0/encoding";
import { BoundedReader } from "./bounded-reader.ts";
import type { Decoded, DocumentId, Role, SessionId, UserId } from "./ports.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

/** The server's word on who a session is (ID7). Of one document, which its wire form does not name. */
export interface Certificate {
  readonly session: SessionId;
  readonly userId: UserId;
  readonly role: Role;
  /** What people see; empty: the server certifies none, and peers may call themselves what they like. At most 400 bytes. */
  readonly name: string;
  /** A CSS colour; empty: not certified. At most 64 bytes. */
  readonly color: string;
  /** Yjs client ids that the server knew as the user's when it negotiated with this session; at most 64. */
  readonly clients: readonly number[];
  readonly generation: number;
  readonly accessEpoch: number;
  /** Raw Ed25519 public key of the session, 32 bytes; null: the session cannot sign. */
  readonly key: Uint8Array | null;
  /** The server's wall clock, milliseconds. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface SignedCertificate {
  readonly certificate: Certificate;
  /** Ed25519 of the server over `certificateSigningBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

export const certificateFields = {
  nameBytesMax: 400,
  colorBytesMax: 64,
  userIdBytesMax: 1_024,
  clientsMax: 64,
  bytesMax: 2_400,
} as const;

const version = 1;
const keyBytes = 32;
const signatureBytes = 64;
const roles = { writer: 1, reader: 2 } as const satisfies Record<Role, number>;

/** ID7: what the server signs: the document as well, so that a certificate of another one is worthless here. */
export function certificateSigningBytes(document: DocumentId, certificate: Certificate): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, new TextEncoder().encode("y-webpubsub/1/certificate"));
  encoding.writeVarString(encoder, document);
  writeCertificate(encoder, certificate);
  return encoding.toUint8Array(encoder);
}

export function encodeCertificate({ certificate, signature }: SignedCertificate): Uint8Array {
  const encoder = encoding.createEncoder();
  writeCertificate(encoder, certificate);
  encoding.writeUint8Array(encoder, signature);
  return encoding.toUint8Array(encoder);
}

/** Never throws. Says nothing of whether the signature holds. */
export function decodeCertificate(bytes: Uint8Array): Decoded<SignedCertificate> {
  const reader = new BoundedReader(bytes.slice());
  if (bytes.length > certificateFields.bytesMax) reader.fail("certificate-too-large");
  const certificate = readCertificate(reader);
  const signature = reader.bytes(signatureBytes);
  reader.end();
  return reader.problem === null
    ? { ok: true, value: { certificate, signature } }
    : { ok: false, problem: reader.problem };
}

function writeCertificate(encoder: encoding.Encoder, certificate: Certificate): void {
  encoding.writeUint8(encoder, version);
  encoding.writeUint8Array(encoder, sessionToBytes(certificate.session));
  encoding.writeVarString(encoder, certificate.userId);
  encoding.writeUint8(encoder, roles[certificate.role]);
  encoding.writeVarString(encoder, certificate.name);
  encoding.writeVarString(encoder, certificate.color);
  encoding.writeVarUint(encoder, certificate.clients.length);
  for (const client of certificate.clients) encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, certificate.generation);
  encoding.writeVarUint(encoder, certificate.accessEpoch);
  encoding.writeVarUint8Array(encoder, certificate.key ?? new Uint8Array(0));
  encoding.writeVarUint(encoder, certificate.issuedAtMs);
  encoding.writeVarUint(encoder, certificate.expiresAtMs);
}

function readCertificate(reader: BoundedReader): Certificate {
  if (reader.uint8() !== version) reader.fail("unknown-version");
  return {
    session: sessionFromBytes(reader.bytes(12)),
    userId: reader.varString(certificateFields.userIdBytesMax) as UserId,
    role: readRole(reader),
    name: reader.varString(certificateFields.nameBytesMax),
    color: reader.varString(certificateFields.colorBytesMax),
    clients: readClients(reader),
    generation: reader.varUint(),
    accessEpoch: reader.varUint(),
    key: readKey(reader),
    issuedAtMs: reader.varUint(),
    expiresAtMs: reader.varUint(),
  };
}

function readRole(reader: BoundedReader): Role {
  const code = reader.uint8();
  if (code !== roles.writer && code !== roles.reader) reader.fail("unknown-role");
  return code === roles.writer ? "writer" : "reader";
}

function readClients(reader: BoundedReader): readonly number[] {
  const count = reader.count(1);
  if (count > certificateFields.clientsMax) reader.fail("too-many-clients");
  const clients: number[] = [];
  for (let at = 0; at < count && reader.ok; at++) clients.push(reader.varUint());
  return clients;
}

function readKey(reader: BoundedReader): Uint8Array | null {
  const key = reader.varBytes();
  if (key.length !== 0 && key.length !== keyBytes) reader.fail("bad-key");
  return key.length === 0 ? null : key;
}
