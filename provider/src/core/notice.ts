import * as encoding from "lib0/encoding";
import { unreachable } from "./assert.ts";
import type { BoundedReader } from "./bounded-reader.ts";
import type { Cursor, DocumentId, GroupName, Receipt, SessionId } from "./ports.ts";
import { type PublishedEntry, readEntries, writeEntries } from "./published-entry.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

export const noticeFields = { sessionBytes: 12, hashBytes: 32, signatureBytes: 64 } as const;

/** What the server tells a room (docs/protocol.md, Frames, kind 4). */
export interface Notice {
  /** The group it is published to: a notice copied into another group is worthless. */
  readonly group: GroupName;
  readonly generation: number;
  readonly accessEpoch: number;
  /** Never the same twice from one server key; need not ascend. */
  readonly counter: number;
  readonly notice: NoticeContent;
}
export type NoticeContent =
  | { readonly type: "stored"; readonly cursor: Cursor }
  | { readonly type: "reject"; readonly session: SessionId; readonly upload: number; readonly hash: Uint8Array }
  | { readonly type: "renegotiate" }
  | { readonly type: "bye"; readonly session: SessionId }
  /** AU2. */
  | { readonly type: "entries"; readonly entries: readonly PublishedEntry[] };

const codes = { stored: 1, reject: 2, renegotiate: 3, bye: 4, entries: 5 } as const satisfies Record<
  NoticeContent["type"],
  number
>;

/** ID5: the bytes that the server signs and a member verifies. */
export function noticeSigningBytes(notice: Notice): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, new TextEncoder().encode("y-webpubsub/1/server"));
  writeNotice(encoder, notice);
  return encoding.toUint8Array(encoder);
}

/** DU3: the bytes under a receipt's signature. */
export function receiptSigningBytes(document: DocumentId, receipt: Omit<Receipt, "signature">): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, new TextEncoder().encode("y-webpubsub/1/receipt"));
  encoding.writeVarString(encoder, document);
  encoding.writeVarUint(encoder, receipt.generation);
  encoding.writeUint8Array(encoder, sessionToBytes(receipt.session));
  encoding.writeVarUint(encoder, receipt.upload);
  encoding.writeUint8Array(encoder, receipt.hash);
  encoding.writeVarString(encoder, receipt.cursor);
  encoding.writeVarUint(encoder, receipt.seqTo);
  return encoding.toUint8Array(encoder);
}

export function writeNotice(
  encoder: encoding.Encoder,
  { group, generation, accessEpoch, counter, notice }: Notice,
): void {
  encoding.writeVarString(encoder, group);
  encoding.writeVarUint(encoder, generation);
  encoding.writeVarUint(encoder, accessEpoch);
  encoding.writeVarUint(encoder, counter);
  encoding.writeUint8(encoder, codes[notice.type]);
  switch (notice.type) {
    case "stored":
      encoding.writeVarString(encoder, notice.cursor);
      return;
    case "reject":
      encoding.writeUint8Array(encoder, sessionToBytes(notice.session));
      encoding.writeVarUint(encoder, notice.upload);
      encoding.writeUint8Array(encoder, notice.hash);
      return;
    case "renegotiate":
      return;
    case "bye":
      encoding.writeUint8Array(encoder, sessionToBytes(notice.session));
      return;
    case "entries":
      writeEntries(encoder, notice.entries);
      return;
    default:
      throw unreachable(notice);
  }
}

export function readNotice(reader: BoundedReader): Notice {
  return {
    group: reader.varString(256) as GroupName,
    generation: reader.varUint(),
    accessEpoch: reader.varUint(),
    counter: reader.varUint(),
    notice: readContent(reader),
  };
}

function readContent(reader: BoundedReader): NoticeContent {
  switch (reader.uint8()) {
    case codes.stored:
      return { type: "stored", cursor: reader.varString(256) as Cursor };
    case codes.reject:
      return {
        type: "reject",
        session: sessionFromBytes(reader.bytes(noticeFields.sessionBytes)),
        upload: reader.varUint(),
        hash: reader.bytes(noticeFields.hashBytes),
      };
    case codes.bye:
      return { type: "bye", session: sessionFromBytes(reader.bytes(noticeFields.sessionBytes)) };
    case codes.renegotiate:
      return { type: "renegotiate" };
    case codes.entries:
      return { type: "entries", entries: readEntries(reader) };
    default:
      reader.fail("unknown-notice");
      return { type: "renegotiate" };
  }
}
