import { createHash } from "node:crypto";
import type { Cursor, DocumentId, SessionId, SnapshotRef } from "y-webpubsub/core";
import type { KeyRange } from "./table.ts";

/** What a record is: the first character of its key. */
export type RecordKind =
  | "chunk"
  | "chunk-payload"
  | "claim"
  | "entry"
  | "head"
  | "payload"
  | "quarantine"
  | "session"
  | "snapshot"
  | "secret"
  | "setting"
  | "version";

const letters: Readonly<Record<RecordKind, string>> = {
  chunk: "k",
  "chunk-payload": "l",
  claim: "c",
  entry: "e",
  head: "h",
  payload: "p",
  quarantine: "q",
  session: "r",
  snapshot: "s",
  secret: "x",
  setting: "y",
  version: "v",
};

/** A digest of the id: of one length and harmless whatever the id is made of. The id itself is in the head record. */
export type DocumentKey = string & { readonly brand: "DocumentKey" };

/** SHA-256 in base64url. */
const documentKeyLength = 43;

export function documentKey(document: DocumentId): DocumentKey {
  return createHash("sha256").update(document).digest("base64url") as DocumentKey;
}

export function recordKey(kind: RecordKind, document: DocumentKey, rest = ""): string {
  return `${letters[kind]}${document}${rest}`;
}

export function claimKey(document: DocumentKey, client: number): string {
  return recordKey("claim", document, fixed(client, 11));
}

export function sessionKey(document: DocumentKey, session: SessionId): string {
  return recordKey("session", document, session);
}

export function secretKey(name: string): string {
  return `${letters.secret}${createHash("sha256").update(name).digest("base64url")}`;
}

export function settingKey(name: string): string {
  return `${letters.setting}${createHash("sha256").update(name).digest("base64url")}`;
}

/** What a record belongs to, and is changed together with: a document, or itself for what is of no document. */
export function scopeOf(key: string): string {
  const alone = key.startsWith(letters.secret) || key.startsWith(letters.setting);
  return alone ? key : key.slice(1, 1 + documentKeyLength);
}

/** All records of one kind of one document. `~` sorts after every character that keys are made of. */
export function allOf(kind: RecordKind, document: DocumentKey): KeyRange {
  const from = recordKey(kind, document);
  return { from, to: `${from}~` };
}

/** The head records of all documents after one (null: from the first). */
export function everyDocument(after: DocumentKey | null): KeyRange {
  return { from: after === null ? letters.head : `${recordKey("head", after)} `, to: `${letters.head}~` };
}

export function entriesFrom(document: DocumentKey, after: Cursor): KeyRange {
  const { to } = allOf("entry", document);
  // The space is the first character after the cursor itself.
  return { from: `${recordKey("entry", document, after)} `, to };
}

export interface Place {
  readonly generation: number;
  /** Counts up in a document and is never used again. */
  readonly position: number;
}

/**
 * A cursor names the document (its first characters), the generation and the position, each of fixed width: cursors of
 * one document sort in log order, and a cursor of another document is recognised.
 */
export function cursorAt(document: DocumentKey, place: Place): Cursor {
  return `${tag(document)}${fixed(place.generation, 6)}${fixed(place.position, 10)}` as Cursor;
}

export function snapshotRefAt(document: DocumentKey, place: Place): SnapshotRef {
  return `s${cursorAt(document, place)}` as SnapshotRef;
}

/** Whether it is a cursor that this document may have given out. */
export function isCursorOf(document: DocumentKey, cursor: string): boolean {
  return /^[0-9a-z]{20}$/.test(cursor) && cursor.startsWith(tag(document));
}

export function generationOf(cursor: Cursor): number {
  return Number.parseInt(cursor.slice(4, 10), 36);
}

/** 0 for the empty cursor. */
export function positionOf(cursor: Cursor): number {
  return cursor === "" ? 0 : Number.parseInt(cursor.slice(10), 36);
}

function tag(document: DocumentKey): string {
  return fixed(Buffer.from(document.slice(0, 4), "base64url").readUIntBE(0, 3) % 36 ** 4, 4);
}

function fixed(value: number, width: number): string {
  return value.toString(36).padStart(width, "0");
}
