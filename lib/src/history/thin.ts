import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { ChunkInfo, NewChunk, Version, VersionId } from "../core/document-history.ts";
import type { WallClock } from "../core/ports.ts";
import type { KeptEntry } from "./chunk-codec.ts";
import { chunked, entriesChunk, type HistoricStore, openEntries } from "./chunks.ts";
import { historyLimits } from "./limits.ts";
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
 * across a version: every version stays exactly what it was. Automatic versions beyond their number go first.
 */
export async function thin(ports: ThinPorts, document: DocumentId): Promise<void> {
  const versions = await forgetOldest(ports.store, document);
  const pinned = new Set(versions.map(({ cursor }) => cursor));
  const infos = await ports.store.chunks(document, "" as Cursor, historyLimits.chunkPageMax);
  for (const stretch of stretchesOf(infos, ports.clock.now())) await thinStretch(ports, document, stretch, pinned);
}

/** Answers those that stay. */
async function forgetOldest(store: HistoricStore, document: DocumentId): Promise<readonly Version[]> {
  const kept: Version[] = [];
  let automatic = 0;
  let before: VersionId | null = null;
  for (;;) {
    const page: readonly Version[] = await store.versions(document, before, 1_000);
    for (const version of page) {
      if (version.kind === "automatic") automatic += 1;
      if (version.kind !== "automatic" || automatic <= historyLimits.automaticMax) kept.push(version);
      else await store.removeVersion(document, version.id);
    }
    before = page.at(-1)?.id ?? null;
    if (before === null) return kept;
  }
}

function stretchesOf(infos: readonly ChunkInfo[], nowMs: number): readonly (readonly ChunkInfo[])[] {
  const stretches: ChunkInfo[][] = [];
  let bytes = 0;
  let reached: Cursor | null = null;
  for (const info of infos) {
    if (info.kind === "keyframe" || nowMs - info.toMs < historyLimits.detailedMs) {
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
  { store, performer, clock }: ThinPorts,
  document: DocumentId,
  stretch: readonly ChunkInfo[],
  pinned: ReadonlySet<Cursor>,
): Promise<void> {
  const entries: KeptEntry[] = [];
  for (const { ref } of stretch) {
    const payload = await store.chunk(document, ref);
    if (payload === null) return;
    entries.push(...(await openEntries(payload)));
  }
  const groups = groupsOf(entries, pinned, clock.now());
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
  const chunks = chunked(merged);
  for (const [index, part] of chunks.entries()) {
    const to = index === chunks.length - 1 ? last.to : (part.at(-1)?.cursor ?? last.to);
    put.push(await entriesChunk(first.generation, after, to, part));
    after = to;
  }
  // A conflict: another server was first.
  const refs = stretch.map(({ ref }) => ref);
  await store.replaceChunks(document, first.generation, refs, put);
}

function groupsOf(entries: readonly KeptEntry[], pinned: ReadonlySet<Cursor>, nowMs: number) {
  const groups: KeptEntry[][] = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    const goesOn =
      group &&
      first &&
      last &&
      !pinned.has(last.cursor) &&
      isOneSpell(first, entry, nowMs) &&
      last.userId === entry.userId;
    if (goesOn) group.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

function isOneSpell(first: KeptEntry, entry: KeptEntry, nowMs: number): boolean {
  const age = nowMs - entry.toMs;
  if (age < historyLimits.detailedMs) return false;
  const spellMs = age < historyLimits.hourlyMs ? 3_600_000 : 86_400_000;
  return Math.floor(first.fromMs / spellMs) === Math.floor(entry.toMs / spellMs);
}

function mergedEntry(group: readonly KeptEntry[], update: Uint8Array | undefined): KeptEntry | null {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined || update === undefined) return null;
  const uploads = group.reduce((sum, entry) => sum + entry.uploads, 0);
  return { cursor: last.cursor, userId: last.userId, fromMs: first.fromMs, toMs: last.toMs, uploads, update };
}
