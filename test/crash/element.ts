import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { DocumentId, SessionId, UserId } from "y-webpubsub/core";
import type { NewEntry } from "y-webpubsub-server/core";

/** Which upload it is. Everything else about it follows, so that any process can make it again, byte for byte. */
export interface Element {
  readonly document: DocumentId;
  readonly session: SessionId;
  readonly upload: number;
}

const largeBytes = 60_000;

export function nameOf({ document, session, upload }: Element): string {
  return `${document}/${session}/${upload}`;
}

/** An upload whose bytes say what they are: its name, a filler of a length that follows from the name, and a CRC-32. */
export function entryOf(element: Element): NewEntry {
  const update = bytesOf(nameOf(element));
  const userId = `user of ${element.session}` as UserId;
  return {
    session: element.session,
    userId,
    upload: element.upload,
    seqTo: element.upload,
    hash: Uint8Array.from(createHash("sha256").update(update).digest()),
    owners: [],
    atMs: Date.now(),
    update,
  };
}

/** The name in the bytes of a stored upload, or what is wrong with them. */
export function readElement(
  update: Uint8Array,
): { readonly ok: true; readonly name: string } | { readonly ok: false; readonly problem: string } {
  const bytes = Buffer.from(update.buffer, update.byteOffset, update.length);
  if (bytes.length < 4) return { ok: false, problem: `a record of ${bytes.length} bytes` };
  const body = bytes.subarray(4);
  if (crc32(body) !== bytes.readUInt32BE(0)) return { ok: false, problem: "a record with a wrong checksum" };
  const end = body.indexOf(0x20);
  return { ok: true, name: body.subarray(0, end).toString() };
}

function bytesOf(name: string): Uint8Array {
  const digest = createHash("sha256").update(name).digest();
  const fillerBytes = digest.readUInt8(0) < 4 ? largeBytes : digest.readUInt16BE(1) % 600;
  const body = Buffer.concat([Buffer.from(`${name} `), Buffer.alloc(fillerBytes, digest)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Uint8Array.from(Buffer.concat([checksum, body]));
}
