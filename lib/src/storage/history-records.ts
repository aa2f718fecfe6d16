import * as encoding from "lib0/encoding";
import type { BoundedReader, Cursor, UserId } from "y-webpubsub/core";
import type { ChunkInfo, ChunkRef, Version, VersionId } from "../core/document-history.ts";
import { codec, type RecordCodec, writeTime } from "./records.ts";

const chunkKinds = ["entries", "keyframe"] as const;
const versionKinds = ["named", "automatic", "restore"] as const;

export const chunkRecord: RecordCodec<ChunkInfo> = codec<ChunkInfo>(
  "history chunk",
  (encoder, chunk) => {
    encoding.writeVarString(encoder, chunk.ref);
    encoding.writeUint8(encoder, chunkKinds.indexOf(chunk.kind));
    encoding.writeVarUint(encoder, chunk.generation);
    encoding.writeVarString(encoder, chunk.after);
    encoding.writeVarString(encoder, chunk.to);
    writeTime(encoder, chunk.fromMs);
    writeTime(encoder, chunk.toMs);
    encoding.writeVarUint(encoder, chunk.entries);
    encoding.writeVarUint8Array(encoder, chunk.hash);
    encoding.writeVarUint(encoder, chunk.payloadBytes);
  },
  (reader) => ({
    ref: reader.varString() as ChunkRef,
    kind: oneOf(reader, chunkKinds),
    generation: reader.varUint(),
    after: reader.varString() as Cursor,
    to: reader.varString() as Cursor,
    fromMs: reader.varUint(),
    toMs: reader.varUint(),
    entries: reader.varUint(),
    hash: reader.varBytes(),
    payloadBytes: reader.varUint(),
  }),
);

export const versionRecord: RecordCodec<Version> = codec<Version>(
  "version",
  (encoder, version) => {
    encoding.writeVarString(encoder, version.id);
    encoding.writeVarUint(encoder, version.generation);
    encoding.writeVarString(encoder, version.cursor);
    encoding.writeUint8(encoder, versionKinds.indexOf(version.kind));
    writeText(encoder, version.label);
    writeText(encoder, version.userId);
    writeTime(encoder, version.atMs);
  },
  (reader) => ({
    id: reader.varString() as VersionId,
    generation: reader.varUint(),
    cursor: reader.varString() as Cursor,
    kind: oneOf(reader, versionKinds),
    label: readText(reader),
    userId: readText(reader) as UserId | null,
    atMs: reader.varUint(),
  }),
);

function oneOf<T>(reader: BoundedReader, names: readonly [T, ...T[]]): T {
  const found = names[reader.uint8()];
  if (found === undefined) reader.fail("unknown-kind");
  return found ?? names[0];
}

function writeText(encoder: encoding.Encoder, text: string | null): void {
  encoding.writeUint8(encoder, text === null ? 0 : 1);
  if (text !== null) encoding.writeVarString(encoder, text);
}

function readText(reader: BoundedReader): string | null {
  return reader.uint8() === 0 ? null : reader.varString();
}
