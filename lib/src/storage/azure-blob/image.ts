import { crc32 } from "node:zlib";
import * as encoding from "lib0/encoding";
import { BoundedReader } from "y-webpubsub/core";
import { StoreError } from "../../core/document-store.ts";
import { blobLimits } from "./limits.ts";

/** Where the value of a record is. */
export type Place =
  | { readonly at: "here"; readonly value: Uint8Array }
  /** In a blob of its own. */
  | { readonly at: "part"; readonly part: string }
  /** Removed: hides what an older run holds. */
  | { readonly at: "nowhere" };

/** By key. */
export type Places = ReadonlyMap<string, Place>;

/** An immutable blob with records that once were in the root. */
export interface Run {
  readonly part: string;
  readonly first: string;
  readonly last: string;
}

/** All that one root says: the records of one document at one moment. */
export interface Image {
  /** Ids of the last writes, newest last. */
  readonly writes: readonly string[];
  /** Newest last: a record of a newer run hides the same of an older one, and one in `places` hides all. */
  readonly runs: readonly Run[];
  readonly places: Places;
}

export const emptyImage: Image = { writes: [], runs: [], places: new Map() };

/**
 * Blobs are `version u8 = 1 · body · CRC-32 of what they belong to, version and body (little endian)`. Keys are written
 * without the digest that all keys of a document share.
 */
const blobVersion = 1;
const crcBytes = 4;

export function encodeImage(scope: string, image: Image): Uint8Array {
  return seal(scope, (encoder) => {
    writeList(encoder, image.writes, (id) => encoding.writeVarString(encoder, id));
    writeList(encoder, image.runs, ({ part, first, last }) => {
      for (const text of [part, shortened(first), shortened(last)]) encoding.writeVarString(encoder, text);
    });
    writePlaces(encoder, image.places);
  });
}

/** Throws nothing but a `StoreError` "corrupt". */
export function decodeImage(scope: string, bytes: Uint8Array): Image {
  return unseal("root", scope, bytes, (reader) => ({
    writes: readList(reader, 1, () => reader.varString()),
    runs: readList(reader, 3, () => ({
      part: reader.varString(),
      first: restored(scope, reader.varString()),
      last: restored(scope, reader.varString()),
    })),
    places: readPlaces(scope, reader),
  }));
}

export function encodeRun(scope: string, places: Places): Uint8Array {
  return seal(scope, (encoder) => writePlaces(encoder, places));
}

export function decodeRun(scope: string, bytes: Uint8Array): Places {
  return unseal("run", scope, bytes, (reader) => readPlaces(scope, reader));
}

/** The image after a write. */
export function named(image: Image, write: string): Image {
  return { ...image, writes: [...image.writes, write].slice(-blobLimits.writesNamed) };
}

function seal(scope: string, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, blobVersion);
  write(encoder);
  const body = encoding.toUint8Array(encoder);
  const sealed = new Uint8Array(body.length + crcBytes);
  sealed.set(body);
  new DataView(sealed.buffer).setUint32(body.length, crc32(body, crc32(scope)), true);
  return sealed;
}

function unseal<T>(name: string, scope: string, bytes: Uint8Array, read: (reader: BoundedReader) => T): T {
  const body = bytes.subarray(0, Math.max(0, bytes.length - crcBytes));
  const reader = new BoundedReader(body);
  const stored = bytes.length > crcBytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(body.length, true);
  if (stored !== crc32(body, crc32(scope))) reader.fail("checksum");
  if (reader.uint8() !== blobVersion) reader.fail("unknown-version");
  const value = read(reader);
  reader.end();
  if (reader.ok) return value;
  const message = `A stored ${name} cannot be read (${reader.problem}). Restore the document from a backup.`;
  throw new StoreError("corrupt", message);
}

const here = 0;
const part = 1;
const nowhere = 2;

function writePlaces(encoder: encoding.Encoder, places: Places): void {
  writeList(encoder, [...places], ([key, place]) => {
    encoding.writeVarString(encoder, shortened(key));
    switch (place.at) {
      case "here":
        encoding.writeUint8(encoder, here);
        encoding.writeVarUint8Array(encoder, place.value);
        return;
      case "part":
        encoding.writeUint8(encoder, part);
        encoding.writeVarString(encoder, place.part);
        return;
      case "nowhere":
        encoding.writeUint8(encoder, nowhere);
    }
  });
}

function readPlaces(scope: string, reader: BoundedReader): Map<string, Place> {
  const read = (): [string, Place] => {
    const key = restored(scope, reader.varString());
    const at = reader.uint8();
    if (at === here) return [key, { at: "here", value: reader.varBytes() }];
    if (at === part) return [key, { at: "part", part: reader.varString() }];
    if (at !== nowhere) reader.fail("unknown-place");
    return [key, { at: "nowhere" }];
  };
  return new Map(readList(reader, 2, read));
}

/** The letter of its kind, and what comes after the digest. */
function shortened(key: string): string {
  return key.slice(0, 1) + key.slice(1 + digestLength);
}

function restored(scope: string, short: string): string {
  return short.slice(0, 1) + scope.slice(-digestLength) + short.slice(1);
}

/** SHA-256 in base64url; a scope ends with it. */
const digestLength = 43;

function writeList<T>(encoder: encoding.Encoder, items: readonly T[], write: (item: T) => void): void {
  encoding.writeVarUint(encoder, items.length);
  for (const item of items) write(item);
}

function readList<T>(reader: BoundedReader, itemBytesMin: number, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(itemBytesMin); left > 0 && reader.ok; left--) items.push(read());
  return items;
}
