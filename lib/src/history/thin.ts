import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { ChunkInfo, NewChunk } from "../core/document-history.ts";
import type { WallClock } from "../core/ports.ts";
import type { KeptEntry } from "./chunk-codec.ts";
import { chunked, entriesChunk, type HistoricStore, openEntries } from "./chunks.ts";
import { forgetChunks, forgetVersions } from "./forget.ts";
import { historyLimits } from "./limits.ts";
import { defaultHistory, type HistoryOptions } from "./options.ts";
import type { Performer } from "./tasks.ts";

export interface ThinPorts {
  readonly store: HistoricStore;
  readonly performer: Performer;
  readonly clock: WallClock;
}

/** What is rewritten in one step: neighbouring chunks of entries between two keyframes. */
const stretchChunksMax = 64;
const stretchBytesMax = 16_777_216;

/**
 * HI6: merges neighbouring uploads of one user that are older than `detailedMs`, by the hour, later by the day. Never
 * across a version: every version stays exactly what it was. What is over its number or its time goes first.
 */
export async function thin(
  ports: ThinPorts,
  document: DocumentId,
  options: HistoryOptions = defaultHistory,
): Promise<void> {
  const { store, clock } = ports;
  const versions = await forgetVersions(store, document, options);
  const infos = await store.chunks(document, "" as Cursor, historyLimits.chunkPageMax);
  const nowMs = clock.now();
  const left = await forgetChunks(store, document, { infos, versions, beforeMs: nowMs - options.keepMs });
  const pinned = new Set(versions.map(({ cursor }) => cursor));
  const age: Age = { nowMs, options };
  for (const stretch of stretchesOf(left, age)) await thinStretch(ports, document, stretch, pinned, age);
}

/** What is old is decided by. */
interface Age {
  readonly nowMs: number;
  readonly options: HistoryOptions;
}

function stretchesOf(infos: readonly ChunkInfo[], { nowMs, options }: Age): readonly (readonly ChunkInfo[])[] {
  const stretches: ChunkInfo[][] = [];
  let bytes = 0;
  let reached: Cursor | null = null;
  for (const info of infos) {
    if (info.kind === "keyframe" || nowMs - info.toMs < options.detailedMs) {
      reached = null;
      continue;
    }
    const last = stretches.at(-1);
    bytes += info.payloadBytes;
    const goesOn = last && info.after === reached && last.length < stretchChunksMax && bytes < stretchBytesMax;
    if (goesOn) last.push(info);
    else {
      stretches.push([info]);
      bytes = info.payloadBytes;
    }
    reached = info.to;
  }
  return stretches;
}

async function thinStretch(
  { store, performer }: ThinPorts,
  document: DocumentId,
  stretch: readonly ChunkInfo[],
  pinned: ReadonlySet<Cursor>,
  age: Age,
): Promise<void> {
  const entries: KeptEntry[] = [];
  for (const { ref } of stretch) {
    const payload = await store.chunk(document, ref);
    if (payload === null) return;
    entries.push(...(await openEntries(payload)));
  }
  const groups = groupsOf(entries, pinned, age);
  // Merging pays when there is a lot to merge: otherwise the same chunks would be written again every hour.
  if (groups.length > entries.length / 2) return;
  const { parts } = await performer.perform({
    type: "merge",
    groups: groups.map((group) => group.map(({ update }) => update)),
  });
  const merged = groups.flatMap((group, index) => mergedEntry(group, parts[index]) ?? []);
  const [first, last] = [stretch[0], stretch.at(-1)];
  if (first === undefined || last === undefined || merged.length !== groups.length) return;
  const put: NewChunk[] = [];
  let after = first.after;
  const chunks = chunked(merged, age.options);
  for (const [index, part] of chunks.entries()) {
    const to = index === chunks.length - 1 ? last.to : (part.at(-1)?.cursor ?? last.to);
    put.push(await entriesChunk(first.generation, after, to, part));
    after = to;
  }
  // A conflict: another server was first.
  const refs = stretch.map(({ ref }) => ref);
  await store.replaceChunks(document, first.generation, refs, put);
}

function groupsOf(entries: readonly KeptEntry[], pinned: ReadonlySet<Cursor>, age: Age) {
  const groups: KeptEntry[][] = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    const goesOn =
      group &&
      first &&
      last &&
      !pinned.has(last.cursor) &&
      isOneSpell(first, entry, age) &&
      last.userId === entry.userId;
    if (goesOn) group.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

function isOneSpell(first: KeptEntry, entry: KeptEntry, { nowMs, options }: Age): boolean {
  const ageMs = nowMs - entry.toMs;
  if (ageMs < options.detailedMs) return false;
  const spellMs = ageMs < options.hourlyMs ? 3_600_000 : 86_400_000;
  return Math.floor(first.fromMs / spellMs) === Math.floor(entry.toMs / spellMs);
}

function mergedEntry(group: readonly KeptEntry[], update: Uint8Array | undefined): KeptEntry | null {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined || update === undefined) return null;
  const uploads = group.reduce((sum, entry) => sum + entry.uploads, 0);
  return { cursor: last.cursor, userId: last.userId, fromMs: first.fromMs, toMs: last.toMs, uploads, update };
}
